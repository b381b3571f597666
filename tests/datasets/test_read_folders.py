"""A folder per class: which files are taken, in which order, under which names."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from datasets.importing.folders import read_folders
from tests.datasets.pictures import picture, write_folders


def problems(folder: Path) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        read_folders(folder)
    return [message.replace(str(folder), "…") for message in caught.value.messages]


def test_classes_are_in_the_order_people_count(tmp_path: Path) -> None:
    assert read_folders(write_folders(tmp_path, ["10", "2", "b", "A"])).labels == ["2", "10", "A", "b"]


def test_images_are_taken_from_each_class_in_turn(tmp_path: Path) -> None:
    write_folders(tmp_path, ["apple", "pear"], each=2)
    (tmp_path / "apple" / "10.png").write_bytes(picture(9))
    images = read_folders(tmp_path).images
    assert [(image.filename, image.annotations[0].label) for image in images] == [
        ("apple_0.png", "apple"),
        ("pear_0.png", "pear"),
        ("apple_1.png", "apple"),
        ("pear_1.png", "pear"),
        ("apple_10.png", "apple"),
    ]
    assert images[1].read() == (tmp_path / "pear" / "0.png").read_bytes()


def test_unique_names_stay_as_they_are(tmp_path: Path) -> None:
    assert [image.filename for image in read_folders(write_folders(tmp_path, ["apple"])).images] == [
        "0.png",
        "1.png",
        "2.png",
    ]


def test_hidden_files_and_notes_are_passed_over(tmp_path: Path) -> None:
    write_folders(tmp_path)
    (tmp_path / "README.txt").write_text("Fruit.")
    (tmp_path / ".git").mkdir()
    (tmp_path / "pear" / ".DS_Store").write_bytes(b"\0")
    listing = read_folders(tmp_path)
    assert (listing.labels, len(listing.images)) == (["apple", "pear"], 6)


def test_an_image_beside_the_classes_is_refused(tmp_path: Path) -> None:
    write_folders(tmp_path)
    (tmp_path / "lost.PNG").write_bytes(picture())
    assert problems(tmp_path) == ["…/lost.PNG lies beside the classes: move it into the folder of its class."]


def test_a_folder_in_a_class_is_refused(tmp_path: Path) -> None:
    write_folders(tmp_path)
    (tmp_path / "pear" / "deep").mkdir()
    assert problems(tmp_path) == ["…/pear/deep is not a file."]


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(picture())
    folder = write_folders(tmp_path / "fruit")
    (folder / "pear" / "link.png").symlink_to(tmp_path / "secret.png")
    assert "symbolic link" in problems(folder)[0]


def test_it_refuses_what_is_no_folder_of_classes(tmp_path: Path) -> None:
    assert "is not a folder" in problems(tmp_path / "gone")[0]
    assert "has no folder in it" in problems(tmp_path)[0]
