"""One invoice by keyboard: correct, confirm, exclude, undo, and go on through the queue."""

from __future__ import annotations

import re
from statistics import median
from typing import NamedTuple
from urllib.parse import unquote

from playwright.sync_api import Dialog, Locator, Page, Route, expect

from quota_invoice.reviews.entry import Verdict
from tests.support.review.browsing import Visit, intercept, wait_until
from tests.support.review.decisions import decide
from tests.support.review.desk import Desk
from tests.support.review.invoices import field, open_invoice, saving, shown, type_keys

MOST_KEYS = 3  # besides the digits
CLEAR = dict.fromkeys(("code", "number", "location", "amount"), 0.99)


def unsure(number: float) -> dict[str, float]:
    return {**CLEAR, "number": number}


def doubtful(name: str) -> dict[str, float]:
    return {**CLEAR, name: 0.5}


def test_enter_confirms_and_goes_on_in_the_order_of_the_queue(desk: Desk, visit: Visit) -> None:
    second = desk.recognize("b.png", number="10000002", confidence=unsure(0.8))
    first = desk.recognize("a.png", number="10000001", confidence=doubtful("number"))
    page = open_invoice(visit(), first)
    page.keyboard.press("Enter")
    shown(page, second)
    expect(page.locator("#notices")).to_contain_text("已保存 a.png")
    [entry] = desk.entries(first)
    assert (entry["verdict"], entry["by"], entry["fields"]) == ("confirmed", "王芳", {})
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert [each["verdict"] for each in desk.entries(second)] == ["confirmed"]


def test_a_key_that_is_held_decides_one_invoice_only(desk: Desk, visit: Visit) -> None:
    keys = [
        desk.recognize(f"{at}.png", number=f"1000000{at}", confidence=unsure(0.5 + at / 10))
        for at in range(3)
    ]
    page = open_invoice(visit(), keys[0])
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")  # as the system repeats it
    shown(page, keys[1])
    for _ in range(3):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.down("n")
    page.keyboard.down("n")  # a second press would take the choice back
    page.keyboard.up("n")
    expect(page.locator('button[data-action="not_an_invoice"]')).to_have_attribute(
        "aria-pressed", "true"
    )
    shown(page, keys[1])
    assert [len(desk.entries(key)) for key in keys] == [1, 0, 0]


def test_the_second_click_of_a_double_click_decides_nothing(desk: Desk, visit: Visit) -> None:
    first = desk.recognize("a.png", number="10000001", confidence=doubtful("number"))
    second = desk.recognize("b.png", number="10000002", confidence=unsure(0.8))
    page = open_invoice(visit(), first)
    page.locator("#correction [data-save]").click()
    shown(page, second)
    page.locator("#correction [data-save]").dispatch_event("click", {"detail": 2})
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    assert (len(desk.entries(first)), desk.entries(second)) == (1, [])


def test_the_list_of_keys_is_closed_by_its_button(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", confidence=doubtful("number"))
    page = open_invoice(visit(), key)
    page.keyboard.press("?")
    page.locator("dialog#keys button").click()
    expect(page.locator("dialog#keys")).to_be_hidden()


def test_the_page_stays_until_a_save_has_its_answer(desk: Desk, visit: Visit) -> None:
    keys = [
        desk.recognize(f"{at}.png", number=f"1000000{at}", confidence=unsure(0.5 + at / 10))
        for at in range(3)
    ]
    visitor = visit()
    visitor.expected |= {"ERR_", "htmx:"}
    page = open_invoice(visitor, keys[0])
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    intercept(page, "**/decisions*", hold, times=1)
    page.keyboard.press("Enter")
    for key in ("j", "j", "q"):
        page.keyboard.press(key)
    wait_until(page, lambda: bool(held))
    shown(page, keys[0])
    held[0].abort()
    expect(page.locator("#alerts")).to_contain_text("未能保存")
    shown(page, keys[0])
    intercept(page, "**/decisions*", hold, times=1)
    page.keyboard.press("Enter")
    page.keyboard.press("q")
    wait_until(page, lambda: len(held) > 1)
    held[1].continue_()
    expect(page.locator("#rows > .row")).to_have_count(3)
    assert [len(desk.entries(key)) for key in keys] == [1, 0, 0]


def test_u_after_a_save_leaves_the_decision_of_the_next_invoice(desk: Desk, visit: Visit) -> None:
    first = desk.recognize("a.png", number="10000001", confidence=doubtful("number"))
    second = desk.recognize("b.png", number="10000002", confidence=unsure(0.8))
    for key in (first, second):
        decide(desk.bucket, key, Verdict.CONFIRMED, by="李雷")
    page = open_invoice(visit(), first)
    page.goto(f"{page.url}&state=confirmed")
    type_keys(page, "57344418")
    page.keyboard.press("Enter")
    shown(page, second)
    page.keyboard.press("u")
    shown(page, first)
    page.keyboard.press("u")
    expect(page.locator("#notices")).to_have_text("已撤销：a.png")
    assert [each["verdict"] for each in desk.entries(second)] == ["confirmed"]


def test_a_code_with_a_letter_is_typed_as_a_whole(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", code="131001399713", confidence=doubtful("code"))
    page = open_invoice(visit(), key)
    type_keys(page, "13100139t713")
    assert field(page, "code") == "13100139T713"
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert desk.entries(key)[0]["fields"] == {"code": "13100139T713"}


def test_other_input_ends_the_digits_that_are_typed(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", number="12345678", confidence=doubtful("number"))
    page = open_invoice(visit(), key)
    type_keys(page, "12")
    page.locator('[data-tool="in"]').click()
    type_keys(page, "t34")  # into the next field
    assert field(page, "number") == "12345678"
    page.keyboard.press("Escape")
    page.locator("#field-number").focus()
    type_keys(page, "9")
    page.keyboard.insert_text("57344418")  # as a paste
    expect(page.locator("#digits")).to_be_empty()


def test_the_enter_of_an_input_method_saves_nothing(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", confidence=doubtful("number"))
    page = open_invoice(visit(), key)
    page.locator("#reason").fill("模糊")
    page.locator("#reason").evaluate(
        "each => each.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', keyCode: 229, bubbles: true, cancelable: true}))"
    )
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    assert desk.entries(key) == []


def test_going_on_keeps_the_filters(desk: Desk, visit: Visit) -> None:
    first = desk.recognize("x/a.png", number="10000001", confidence=doubtful("number"))
    desk.recognize("y/b.png", number="10000002", confidence=doubtful("number"))
    third = desk.recognize("x/c.png", number="10000003", confidence=unsure(0.8))
    visitor = visit()
    page = open_invoice(visitor, first)
    page.goto(f"{page.url}&prefix=incoming%2Fx%2F")
    shown(page, first)
    page.keyboard.press("Enter")
    shown(page, third)
    assert "prefix=incoming%2Fx%2F" in page.url
    page.keyboard.press("q")
    expect(page.locator("#rows > .row")).to_have_count(2)


def test_j_and_k_go_through_the_queue_and_back_works(desk: Desk, visit: Visit) -> None:
    keys = [
        desk.recognize(
            f"{at}.png", number=f"1000000{at}", confidence={**CLEAR, "number": 0.5 + at / 10}
        )
        for at in range(3)
    ]
    page = open_invoice(visit(), keys[0])
    for key, wanted in (("j", keys[1]), ("j", keys[2]), ("j", keys[2]), ("k", keys[1])):
        page.keyboard.press(key)
        shown(page, wanted)
    page.go_back()
    shown(page, keys[2])
    assert desk.keys("reviews/") == []


class Wrong(NamedTuple):
    """A text with one wrong digit, as it was read and as it is."""

    name: str
    read: str
    right: str


WRONG = [
    Wrong("number", "91234561", "91234567"),
    Wrong("number", "11234567", "71234567"),
    Wrong("number", "80451296", "80461296"),
    Wrong("code", "144031909110", "144031909710"),
    Wrong("number", "55555555", "55555655"),
    Wrong("code", "144081909110", "144031909110"),
    Wrong("amount", "￥5.00", "50"),
    Wrong("number", "3801420", "38014209"),
    Wrong("number", "20461358", "20461858"),
]


def correct(page: Page, wrong: Wrong) -> tuple[int, int]:
    """Correct a text as a person does; return the number of digits and of other keys.

    The person types from the digit before the wrong one, until the page knows the place.
    """
    pairs = enumerate(zip(wrong.read, wrong.right, strict=False))
    differing = [at for at, (read, right) in pairs if read != right]
    is_one = len(wrong.read) == len(wrong.right)
    start = max(0, differing[0] - 1) if is_one and differing else 0
    typed = ""
    for digit in wrong.right[start:]:
        page.keyboard.press(digit)
        typed += digit
        is_sure = "good" in (page.locator("#digits").get_attribute("class") or "")
        if is_sure and field(page, wrong.name) == wrong.right:
            break
    else:  # the digits up to the end fit at several places: type all of them
        page.keyboard.press("Escape")
        type_keys(page, wrong.right)
        assert field(page, wrong.name) == wrong.right
        page.keyboard.press("Enter")
        return len(typed) + len(wrong.right), 2
    page.keyboard.press("Enter")
    return len(typed), 1


def test_one_wrong_digit_takes_at_most_three_keys_besides_the_digits(
    desk: Desk, visit: Visit
) -> None:
    # Of the same risk, the queue's order is that of the keys.
    keys = [
        desk.recognize(
            f"{at}.png",
            None,
            **{"number": f"1000000{at}", wrong.name: wrong.read},
            confidence=doubtful(wrong.name),
        )
        for at, wrong in enumerate(WRONG)
    ]
    by_key = dict(zip(keys, WRONG, strict=True))
    visitor = visit()
    page = open_invoice(visitor, keys[0])
    counted, open_keys = [], set(keys)
    while open_keys:
        [key] = [
            each for each in open_keys if page.locator("#invoice h1").inner_text().endswith(each)
        ]
        with saving(page, 303 if len(open_keys) > 1 else 200):
            counted.append(correct(page, by_key[key]))
        open_keys.remove(key)
        if open_keys:
            expect(page.locator("#invoice h1")).not_to_contain_text(key)
    for key, wrong in by_key.items():
        [entry] = desk.entries(key)
        assert entry["fields"] == {wrong.name: wrong.right}
    digits, others = (median(each) for each in zip(*counted, strict=True))
    assert others <= MOST_KEYS, f"{others} keys besides {digits} digits"


def test_digits_that_fit_at_several_places_change_nothing(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", number="12345678", confidence=doubtful("number"))
    page = open_invoice(visit(), key)
    for run, message in (("9", "可放在多处"), ("34", "已有 34"), ("999", "不吻合")):
        type_keys(page, run)
        expect(page.locator("#digits")).to_contain_text(message)
        assert field(page, "number") == "12345678"
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        expect(page.locator("#digits")).to_be_hidden()
    assert desk.keys("reviews/") == []


def test_t_lets_digits_go_into_another_field(desk: Desk, visit: Visit) -> None:
    key = desk.recognize(
        "a.png", number="12345678", confidence={**CLEAR, "number": 0.5, "code": 0.7}
    )
    page = open_invoice(visit(), key)
    type_keys(page, "t0917")
    assert field(page, "code") == "144031909170"
    assert field(page, "number") == "12345678"
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert desk.entries(key)[0]["fields"] == {"code": "144031909170"}


def test_the_next_image_is_there_when_a_person_goes_on(desk: Desk, visit: Visit) -> None:
    first = desk.recognize("a.png", number="10000001", confidence=doubtful("number"))
    second = desk.recognize("b.png", number="10000002", confidence=unsure(0.8))
    page = open_invoice(visit(), first)
    expect(page.locator("html[data-ahead]")).to_have_count(1)
    page.evaluate(
        """() => document.addEventListener("htmx:afterSwap", () => {
            window.swapped = performance.now();
        })"""
    )
    page.keyboard.press("Enter")
    shown(page, second)
    found = page.evaluate(
        """() => {
            const url = document.querySelector("[data-picture]").src;
            const [first, ...others] = performance.getEntriesByName(url);
            return {
                before: first.responseEnd < window.swapped,
                others: others.map((each) => each.transferSize),
            };
        }"""
    )
    assert found["before"]
    assert not any(found["others"])  # no further request


def test_input_that_is_not_saved_is_not_dropped_in_silence(desk: Desk, visit: Visit) -> None:
    first = desk.recognize("a.png", number="10000001", confidence=doubtful("number"))
    second = desk.recognize("b.png", number="10000002", confidence=unsure(0.8))
    page = open_invoice(visit(), first)
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if len(asked) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answer)
    page.locator("#field-number").fill("10000003")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert field(page, "number") == "10000003"
    page.keyboard.press("j")
    shown(page, second)
    assert asked == ["您输入的内容还没有保存。要放弃并离开吗？"] * 2


def test_another_first_appearance_is_not_dropped_in_silence(desk: Desk, visit: Visit) -> None:
    first = desk.recognize("a.png", number="10000001", confidence=CLEAR)
    key = desk.recognize("b.png", number="10000001", confidence=doubtful("number"))
    visitor = visit()
    page = open_invoice(visitor, key)
    page.keyboard.press("d")
    page.locator("#duplicate-of").fill(first)
    with saving(page, 303):
        page.keyboard.press("Enter")
    page = open_invoice(visitor, key)
    expect(page.locator("#correction")).to_have_attribute("data-keeps", "")
    page.locator("#duplicate-of").fill("incoming/c.png")
    expect(page.locator("#correction")).not_to_have_attribute("data-keeps", "")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.keyboard.press("Escape")
    with page.expect_event("dialog"):
        page.keyboard.press("k")
    shown(page, key)
    page.locator("#duplicate-of").fill(first)
    expect(page.locator("#correction")).to_have_attribute("data-keeps", "")


def test_back_of_the_browser_keeps_unsaved_input_and_its_address(desk: Desk, visit: Visit) -> None:
    first = desk.recognize("a.png", number="10000001", confidence=doubtful("number"))
    second = desk.recognize("b.png", number="10000002", confidence=unsure(0.8))
    page = open_invoice(visit(), first)
    page.keyboard.press("j")
    shown(page, second)
    page.locator("#field-number").fill("10000003")
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog"):
        page.evaluate("history.back()")
    expect(page).to_have_url(re.compile("b.png"))
    shown(page, second)
    assert field(page, "number") == "10000003"
    page.once("dialog", lambda dialog: dialog.accept())
    page.evaluate("history.back()")
    shown(page, first)


def test_n_marks_what_is_not_an_invoice(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", confidence=doubtful("number"))
    page = open_invoice(visit(), key)
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    expect(page.locator("#correction")).to_have_attribute("data-action", "save")
    page.keyboard.press("n")
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert [each["verdict"] for each in desk.entries(key)] == ["not_an_invoice"]


def test_d_names_the_duplicate_and_a_wrong_name_is_told(desk: Desk, visit: Visit) -> None:
    first = desk.recognize("first.png", number="10000001", confidence=CLEAR)
    key = desk.recognize("a.png", number="10000002", confidence=doubtful("number"))
    visitor = visit()
    visitor.expected.add("status of 422")
    page = open_invoice(visitor, key)
    page.keyboard.press("d")
    page.keyboard.type("nowhere.png")
    with saving(page, 422):
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="找不到该文件")).to_be_visible()
    expect(page.locator("#duplicate-of")).to_have_value("nowhere.png")
    page.locator("#duplicate-of").fill(first)
    with saving(page, 422):  # its number is another one
        page.keyboard.press("Enter")
    expect(page.locator("#findings")).to_contain_text("没有计入的同一张发票")
    assert desk.entries(key) == []
    with saving(page, 303):
        page.keyboard.press("Enter")
    [entry] = desk.entries(key)
    assert (entry["verdict"], entry["duplicate_of"]) == ("duplicate", first)
    page.goto(page.url.replace("first.png", "a.png"))
    expect(page.locator("#decision")).to_contain_text("没有计入的同一张发票")


def test_a_duplicate_is_named_by_a_file_name_or_number_that_one_file_has(
    desk: Desk, visit: Visit
) -> None:
    first = desk.recognize("x/first.png", number="10000001", confidence=CLEAR)
    desk.recognize("y/same.png", number="10000003", confidence=CLEAR)
    desk.recognize("z/same.png", number="10000004", confidence=CLEAR)
    key = desk.recognize("a.png", number="10000001", confidence=doubtful("number"))
    visitor = visit()
    visitor.expected.add("status of 422")
    for name in ("first.png", "10000001"):
        page = open_invoice(visitor, key)
        page.keyboard.press("d")
        page.locator("#duplicate-of").fill("same.png")
        with saving(page, 422):
            page.keyboard.press("Enter")
        expect(page.get_by_role("alert").filter(has_text="有多个文件")).to_be_visible()
        page.locator("#duplicate-of").fill(name)
        page.locator("#reason").fill(name)
        with saving(page, 303):
            page.keyboard.press("Enter")
        assert desk.entries(key)[-1]["duplicate_of"] == first
        assert desk.entries(key)[-1]["reason"] == name


def test_u_goes_back_to_the_saved_one_and_undoes_it(desk: Desk, visit: Visit) -> None:
    first = desk.recognize("a.png", number="10000001", confidence=doubtful("number"))
    second = desk.recognize("b.png", number="10000002", confidence=unsure(0.8))
    page = open_invoice(visit(), first)
    page.keyboard.press("Enter")
    shown(page, second)
    page.keyboard.press("u")
    shown(page, first)
    expect(page.locator(".history")).to_contain_text("已确认")
    page.keyboard.press("u")
    expect(page.locator("#notices")).to_have_text("已撤销：a.png")
    expect(page.locator("#invoice .verdict")).to_have_count(0)
    shown(page, first)
    assert first in unquote(page.url)
    page.keyboard.press("u")  # nothing is left to undo
    page.keyboard.press("Enter")
    shown(page, second)
    verdicts = [each["verdict"] for each in desk.entries(first)]
    assert verdicts == ["confirmed", None, "confirmed"]


def test_enter_keeps_a_decision_that_holds_unless_a_text_is_changed(
    desk: Desk, visit: Visit
) -> None:
    key = desk.recognize("a.png", number="10000001", confidence=doubtful("number"))
    visitor = visit(locale="en")
    page = open_invoice(visitor, key)
    page.keyboard.press("n")
    with saving(page, 200):
        page.keyboard.press("Enter")
    open_invoice(visitor, key)
    primary = page.locator("button[data-save]")
    for pressed in ("n", "d", "Escape", "Escape"):  # chosen again, and another taken back
        page.keyboard.press(pressed)
    expect(primary).to_have_text("Keep, go on Enter", use_inner_text=True)
    expect(page.get_by_role("button", name="Not an invoice")).to_have_attribute(
        "aria-pressed", "true"
    )
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert [each["verdict"] for each in desk.entries(key)] == ["not_an_invoice"]
    open_invoice(visitor, key)
    page.locator("#field-number").fill("10000002")
    expect(primary).to_have_text("Confirm, go on Enter", use_inner_text=True)
    with saving(page, 200):
        page.keyboard.press("Enter")
    assert [each["verdict"] for each in desk.entries(key)] == ["not_an_invoice", "corrected"]


def width(image: Locator) -> float:
    box = image.bounding_box()
    assert box
    return box["width"]


def test_the_image_is_turned_and_zoomed_by_keys(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png", confidence=doubtful("number"))
    page = open_invoice(visit(), key)
    image = page.locator("[data-picture]")
    before = image.bounding_box()
    assert before
    page.keyboard.press("r")
    expect(page.locator("[data-turn]")).to_have_attribute("data-turn", "1")
    turned = image.bounding_box()
    assert turned
    assert (turned["width"] > turned["height"]) != (before["width"] > before["height"])
    page.keyboard.press("+")
    wait_until(page, lambda: width(image) > 1.2 * turned["width"])
    page.keyboard.press("f")
    wait_until(page, lambda: abs(width(image) - turned["width"]) < 2)


def test_the_keys_are_explained(desk: Desk, visit: Visit) -> None:
    key = desk.recognize("a.png")
    page = open_invoice(visit(locale="en"), key)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Confirm or save, and go on")
    page.keyboard.press("n")  # keys do nothing behind it
    expect(page.locator("#correction")).to_have_attribute("data-action", "save")
