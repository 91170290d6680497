import codecs
import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from manikin.tasks.bodies.restricted_pickle import array_of, read_pickle
from manikin.tasks.errors import InputError

EVIL = "touch {marker}"


def loaded(data: bytes):
    return read_pickle(io.BytesIO(data), "file")


class Runs:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("dtype", ["f8", "f4", ">f4", "u4", "i8", "u1", "?"])
def test_arrays_come_back_whatever_wrote_them(protocol, dtype):
    values = (np.arange(24) % 7).reshape(2, 3, 4).astype(dtype)
    for array in (values, np.asfortranarray(values), values[:, ::-1]):
        back = array_of(loaded(pickle.dumps(array, protocol=protocol)), "file")
        np.testing.assert_array_equal(back, array)
        assert back.dtype == array.dtype


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("kind", [sp.csc_matrix, sp.csr_matrix])
def test_sparse_matrices_are_filled_with_zeros(protocol, kind):
    dense = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [3.0, 4.0, 5.0]])
    np.testing.assert_array_equal(array_of(loaded(pickle.dumps(kind(dense), protocol)), "file"), dense)


def test_numbers_and_text_come_back():
    assert array_of(loaded(pickle.dumps(np.float64(2.5))), "file") == 2.5
    assert array_of(loaded(pickle.dumps("female")), "file") == "female"


def python_2_array(values: np.ndarray) -> bytes:
    """The opcodes that Python 2 and NumPy 1 wrote: the bytes are text."""
    raw = values.tobytes()
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n("
        + b"".join(b"I%d\n" % n for n in values.shape)
        + b"tcnumpy\ndtype\n(S'f8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nT"
        + len(raw).to_bytes(4, "little")
        + raw
        + b"tb"
    )


def chumpy(name: bytes, *state: bytes) -> bytes:
    """An object of a chumpy class as Python 2 pickled it: copy_reg._reconstructor, then its state."""
    return (
        b"ccopy_reg\n_reconstructor\n(cchumpy."
        + name
        + b"\nc__builtin__\nobject\nNtR(d"
        + b"".join(b"S'%s'\n%ss" % (k, v) for k, v in zip(state[::2], state[1::2], strict=True))
        + b"b"
    )


def test_chumpy_expressions_of_old_files_are_their_values():
    values = np.arange(12.0).reshape(4, 3)
    whole = chumpy(b"ch\nCh", b"x", python_2_array(values), b"_dirty_vars", b"c__builtin__\nset\n((ltR")
    np.testing.assert_array_equal(array_of(loaded(whole + b"."), "file"), values)
    index = python_2_array(np.array([5.0, 4.0, 3.0, 0.0]))
    chosen = chumpy(b"reordering\nSelect", b"a", whole, b"idxs", index, b"preferred_shape", b"(I2\nI2\nt")
    np.testing.assert_array_equal(array_of(loaded(chosen + b"."), "file"), [[5.0, 4.0], [3.0, 0.0]])
    with pytest.raises(InputError, match="a chumpy expression of left, right"):
        array_of(loaded(chumpy(b"ch_ops\nadd", b"left", b"I1\n", b"right", b"I2\n") + b"."), "file: J")


@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (os.system, (EVIL,), r"(posix|nt)\.system"),
        (eval, ("__import__('os').system({evil!r})",), r"\w+\.eval"),
        (exec, ("open({marker!r}, 'w')",), r"\w+\.exec"),
        (getattr, (EVIL, "format"), r"\w+\.getattr"),
        (np.load, ("{marker}",), r"numpy\.load"),
        (np.frompyfunc, (1, 1, 1), r"numpy\.frompyfunc"),
        (sp.load_npz, ("{marker}",), r"scipy\.sparse\.[a-z._]+load_npz"),
        (codecs.decode, (b"x", "hex"), r"_codecs\.decode"),
        (pickle.loads, ("{marker}",), r"\w+\.loads"),
        (Path, ("{marker}",), r"pathlib\.Path"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_what_wants_to_run_code_is_refused_by_name_and_not_run(tmp_path, function, arguments, name, protocol):
    marker = tmp_path / "ran"
    filled = [a.format(marker=marker, evil=EVIL.format(marker=marker)) if isinstance(a, str) else a for a in arguments]
    for content in (Runs(function, *filled), {"v_template": np.zeros(3), "f": [Runs(function, *filled)]}):
        with pytest.raises(InputError, match=f"it wants to run {name}, .* nothing of it was run") as e:
            loaded(pickle.dumps(content, protocol))
        assert "numpy.savez where you trust it" in str(e.value)
    assert not marker.exists()


@pytest.mark.parametrize(
    "program",
    [
        b"cnumpy.testing._private.utils\nrunstring\n(S'import os'\n(dtR.",  # a function of NumPy that runs text
        b"cnumpy\nndarray.tofile\n(S'x'\ntR.",  # a method by a dotted name
        b"\x80\x04\x8c\x05numpy\x8c\x0dndarray.tofile\x93.",
        b"cchumpy.ch\nCh.__init__.__globals__\n.",
        b"cchumpy.ch\nos.system\n(S'touch x'\ntR.",
        b"cos.path\nos.system\n(S'touch x'\ntR.",
        b"ccopy_reg\n_reconstructor\n(cnumpy\ndtype\nc__builtin__\nobject\nNtR.",  # an object of no record
        b"Pos.system\n.",  # a persistent id
    ],
)
def test_roundabout_ways_to_a_function_are_refused(program):
    with pytest.raises(InputError, match="not read as a pickle of arrays"):
        loaded(program)


def test_what_a_file_sets_on_the_classes_does_not_stay():
    changed = b"(cnumpy\nndarray\n(N(dS'__setstate__'\nI1\nstb."
    with pytest.raises(InputError):
        loaded(changed)
    np.testing.assert_array_equal(array_of(loaded(pickle.dumps(np.arange(3))), "file"), np.arange(3))


@pytest.mark.parametrize(
    "data", [b"", b"SMPL is a body model.\n", b"\x80\x02}q\x00(X", b"(" * 50, b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_pickle_is_said(data):
    with pytest.raises(
        InputError, match=r"file: not read as a pickle of arrays: .* Take the file from where its makers"
    ):
        loaded(data)


def test_arrays_that_lie_about_their_size_are_refused():
    honest = pickle.dumps(np.zeros((4, 4)), protocol=2)
    with pytest.raises(InputError, match=r"shape \(4, 9\) has 128 bytes"):
        loaded(honest.replace(b"K\x04K\x04", b"K\x04K\x09"))
    beyond = sp.csc_matrix(np.eye(3))
    beyond.indices[1] = 7
    with pytest.raises(InputError, match=r"shape \(3, 3\) has indices beyond it"):
        array_of(loaded(pickle.dumps(beyond)), "file: J_regressor")
    with pytest.raises(InputError, match="array of type"):
        loaded(pickle.dumps(np.zeros(2, [("a", "f8"), ("b", "O")])))


def test_what_is_no_array_is_named():
    with pytest.raises(InputError, match=r"file: f: no array of numbers \(found list"):
        array_of(loaded(pickle.dumps([{"a": 1}])), "file: f")
