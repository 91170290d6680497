import numpy as np
import pytest

from manikin.tasks.errors import InputError
from manikin.tasks.poses.joint_maps import (
    REQUIRED,
    JointMap,
    match_joints,
    read_joint_maps,
    required_landmarks,
)

# skeletons as the wild has them, and what two of their joints are
SKELETONS = {
    "cmu motionbuilder": (
        "Hips LHipJoint LeftUpLeg LeftLeg LeftFoot LeftToeBase RHipJoint RightUpLeg RightLeg RightFoot RightToeBase LowerBack "
        "Spine Spine1 Neck Neck1 Head LeftShoulder LeftArm LeftForeArm LeftHand LeftFingerBase RightShoulder RightArm "
        "RightForeArm RightHand RightFingerBase",
        {"chest": "Spine1", "upper_arm.L": "LeftArm", "clavicle.R": "RightShoulder", "toes.L": "LeftToeBase"},
    ),
    "lafan": (
        "Hips LeftUpLeg LeftLeg LeftFoot LeftToe RightUpLeg RightLeg RightFoot RightToe Spine Spine1 Spine2 Neck Head "
        "LeftShoulder LeftArm LeftForeArm LeftHand RightShoulder RightArm RightForeArm RightHand",
        {"chest": "Spine2", "abdomen": "Spine1", "toes.R": "RightToe", "shank.R": "RightLeg"},
    ),
    "mixamo": (
        "mixamorig:Hips mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2 mixamorig:Neck mixamorig:Head mixamorig:LeftShoulder "
        "mixamorig:LeftArm mixamorig:LeftForeArm mixamorig:LeftHand mixamorig:RightShoulder mixamorig:RightArm "
        "mixamorig:RightForeArm mixamorig:RightHand mixamorig:LeftUpLeg mixamorig:LeftLeg mixamorig:LeftFoot "
        "mixamorig:LeftToeBase mixamorig:RightUpLeg mixamorig:RightLeg mixamorig:RightFoot mixamorig:RightToeBase",
        {"pelvis": "mixamorig:Hips", "hand.L": "mixamorig:LeftHand"},
    ),
    "biovision": (
        "Hips Chest Neck Head LeftCollar LeftShoulder LeftElbow LeftWrist RightCollar RightShoulder RightElbow RightWrist "
        "LeftHip LeftKnee LeftAnkle RightHip RightKnee RightAnkle",
        {"thigh.L": "LeftHip", "pelvis": "Hips", "upper_arm.R": "RightShoulder", "hand.L": "LeftWrist"},
    ),
    "daz": (
        "hip abdomen chest neck head leftEye rightEye rCollar rShldr rForeArm rHand lCollar lShldr lForeArm lHand "
        "rButtock rThigh rShin rFoot lButtock lThigh lShin lFoot",
        {"thigh.L": "lThigh", "clavicle.R": "rCollar"},
    ),
    "acclaim": (
        "root lhipjoint lfemur ltibia lfoot ltoes rhipjoint rfemur rtibia rfoot rtoes lowerback upperback thorax lowerneck "
        "upperneck head lclavicle lhumerus lradius lwrist lhand lfingers lthumb rclavicle rhumerus rradius rwrist rhand "
        "rfingers rthumb",
        {"forearm.L": "lradius", "wrist.R": "rwrist", "chest": "thorax"},
    ),
    "smpl": (
        "pelvis left_hip right_hip spine1 left_knee right_knee spine2 left_ankle right_ankle spine3 left_foot right_foot neck "
        "left_collar right_collar head left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist",
        {"toes.L": "left_foot", "foot.L": "left_ankle", "chest": "spine3"},
    ),
    "unreal": (
        "root pelvis spine_01 spine_02 spine_03 clavicle_l upperarm_l lowerarm_l hand_l clavicle_r upperarm_r lowerarm_r hand_r "
        "neck_01 head thigh_l calf_l foot_l ball_l thigh_r calf_r foot_r ball_r",
        {"shank.L": "calf_l", "pelvis": "pelvis"},
    ),
}


@pytest.mark.parametrize(("names", "expected"), SKELETONS.values(), ids=SKELETONS)
def test_known_skeletons_are_understood(names, expected):
    names = tuple(names.split())
    found = match_joints(names, "a file")
    assert set(required_landmarks()) <= set(found)
    for landmark, joint in expected.items():
        assert names[found[landmark]] == joint
    assert len({found[k] for k in required_landmarks()}) == len(required_landmarks())


def test_the_body_itself_is_understood(body):
    found = match_joints(body.joint_names, "the body")
    rest = body.J_template
    for landmark, joint in found.items():
        if landmark.endswith(".L"):
            other = found[landmark[:-1] + "R"]
            np.testing.assert_allclose(rest[joint], rest[other] * [-1, 1, 1], atol=1e-3)
            assert rest[joint, 0] > 0
    assert rest[found["head"], 1] > rest[found["chest"], 1] > rest[found["abdomen"], 1] > rest[found["thigh.L"], 1]


@pytest.mark.parametrize("spell", [str.upper, str.lower, lambda n: f"Bob:{n}", lambda n: n.replace("Left", "Left_")])
def test_case_prefixes_and_underscores_do_not_matter(spell):
    names = tuple(SKELETONS["cmu motionbuilder"][0].split())
    assert match_joints(tuple(spell(n) for n in names), "a file") == match_joints(names, "a file")


@pytest.mark.parametrize("landmark", required_landmarks())
def test_a_required_joint_must_be_there(landmark):
    (smpl,) = [m for m in read_joint_maps() if m.name == "smpl"]
    names = SKELETONS["smpl"][0].split()
    gone = smpl.match(tuple(names))[landmark]
    assert smpl.match(tuple(names[:gone] + names[gone + 1 :])) is None


def test_an_unknown_skeleton_is_told_with_its_names_and_what_to_do():
    with pytest.raises(InputError) as caught:
        match_joints(("tail", "wing"), "bird.bvh")
    message = str(caught.value)
    assert message.startswith("bird.bvh: ")
    for word in ("2 joints: tail, wing", "joint_maps.toml", "sides", *REQUIRED):
        assert word in message


def test_the_first_convention_that_fits_is_taken():
    names = tuple(SKELETONS["lafan"][0].split())
    lafan = match_joints(names, "a file")
    swapped = {k.translate(str.maketrans("LR", "RL")): (names[j],) for k, j in lafan.items()}
    own = JointMap("own", swapped)
    found = match_joints(names, "a file", (own, *read_joint_maps()))
    assert found["thigh.L"] == names.index("RightUpLeg")


GOOD = """
[own]
sides = ["Links", "Rechts"]
pelvis = "Becken"
chest = ["Brust", "Ruecken"]
upper_arm = "*arm"
forearm = "*elle"
thigh = "*schenkel"
shank = "*wade"
foot = "*fuss"
"""


def read(tmp_path, text):
    path = tmp_path / "joint_maps.toml"
    path.write_text(text, encoding="utf-8")
    return read_joint_maps(path)


def test_a_table_of_ones_own(tmp_path):
    (own,) = read(tmp_path, 'up = "z"\nmetres_per_unit = 0.01\n' + GOOD)
    assert own.name == "own"
    names = "Becken Brust Linksarm Linkselle Rechtsarm Rechtselle Linksschenkel Rechtsschenkel Linkswade Rechtswade Linksfuss"
    assert own.match(tuple(names.split())) is None
    found = own.match((*names.split(), "Rechtsfuss"))
    assert found["foot.R"] == 11
    assert found["upper_arm.L"] == 2
    backwards = own.match(("Ruecken", *names.split(), "Rechtsfuss"))
    assert backwards["chest"] == 2  # the first name in the list comes first, whatever the file's order


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('sides = ["Links", "Rechts"]\n', "", r"\[own\] sides = None"),
        ('["Links", "Rechts"]', '["Links"]', "expected two words"),
        ('["Links", "Rechts"]', "[1, 2]", "expected two words"),
        ('foot = "*fuss"\n', "", r"\[own\] misses foot"),
        ('foot = "*fuss"', "foot = 7", r"\[own\] foot = 7"),
        ('foot = "*fuss"', "foot = []", r"foot = \[\]"),
        ('foot = "*fuss"', 'foot = "*fuss"\ntail = "Schwanz"', "'tail' is no landmark"),
        ("[own]\n", "", "'sides' stands outside a table"),
        ('pelvis = "Becken"', 'pelvis = "Becken', "not a readable toml"),
    ],
)
def test_what_is_wrong_in_a_table_is_told(old, new, said, tmp_path):
    assert old in GOOD
    with pytest.raises(InputError, match=said) as caught:
        read(tmp_path, GOOD.replace(old, new))
    assert "joint_maps.toml" in str(caught.value)


def test_what_is_no_table_file(tmp_path):
    with pytest.raises(InputError, match="not a readable toml"):
        read_joint_maps(tmp_path / "missing.toml")
    (tmp_path / "joint_maps.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not a readable toml"):
        read_joint_maps(tmp_path / "joint_maps.toml")
