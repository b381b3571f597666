"""Bob goes through the organization's pictures and marks what he sees.

Given the orchard's pictures from several datasets, when Bob narrows them by a part of the name, opens one and tags it,
then he finds it again by its tag; and a tag that he takes off is gone, without the keyboard losing its place.
"""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from datasets.models import Data
from organizations.models import User
from tests.browser.world import World


def test_from_the_datasets_to_a_tagged_picture(
    page: Page, sign_in: Callable[[Page, User], None], world: World, bob: User
) -> None:
    sign_in(page, bob)
    page.goto("/datasets/")
    page.get_by_role("link", name="Images", exact=True).click()
    expect(page.get_by_role("heading", name="Images", level=1)).to_be_visible()
    page.wait_for_load_state()
    pictures = page.get_by_role("main").get_by_role("img")
    expect(pictures).to_have_count(Data.objects.count())
    page.get_by_role("searchbox", name="Search").fill("boxes-0")
    expect(page.get_by_role("main")).to_contain_text("Showing 1 image with “boxes-0” in the file name.")
    page.get_by_role("link", name="boxes-0.png").click()
    expect(page.get_by_role("heading", name="boxes-0.png", level=1)).to_be_visible()
    expect(page.get_by_role("region", name="Dataset versions")).to_contain_text("crates/boxes")

    tags = page.get_by_role("region", name="Tags")
    for word in ("bruised", "sunny"):
        tags.get_by_label("Tag", exact=True).fill(word)
        tags.get_by_role("button", name="Add tag").click()
        expect(tags.get_by_role("link", name=word)).to_be_visible()
        expect(tags.get_by_label("Tag", exact=True)).to_be_focused()
    tags.get_by_role("button", name="Take the tag sunny off").press("Enter")
    expect(tags.get_by_role("link", name="sunny")).to_have_count(0)
    expect(tags.get_by_label("Tag", exact=True)).to_be_focused()
    tags.get_by_role("link", name="bruised").click()
    expect(page.get_by_role("main")).to_contain_text("Showing 1 image with the tag bruised.")
    expect(page.get_by_label("Tag")).to_have_value(str(Data.objects.get(filename="boxes-0.png").tags.get().pk))
    expect(pictures).to_have_count(1)
