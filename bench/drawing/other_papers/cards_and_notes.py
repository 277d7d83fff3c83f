"""Cards, notes, forms, the back of an invoice, a blank sheet."""

from __future__ import annotations

from collections.abc import Mapping

from bench.drawing.invoice.content import WORDS
from bench.drawing.other_papers.print_helpers import (
    BLUE,
    INK,
    Paper,
    city,
    day,
    heading,
    money,
    put,
    shop,
)
from bench.drawing.pen import Pen, TextStyle
from bench.drawing.random_numbers import Rng, between, digits, pick


def _business_card(pen: Pen, rng: Rng) -> None:
    put(pen, (80, 100, shop(rng), 40), ink=BLUE)
    heading(pen, (200, 250), pick(rng, ("王 小 明", "李　娜", "陈 志 强")), 64)
    put(
        pen,
        (80, 330, pick(rng, ("销售经理", "会计", "总经理")), 32),
        (80, 420, f"手机 139{digits(rng, 8)}", 30),
        (80, 470, f"地址 {city(rng)}市解放路{rng.integers(1, 200)}号", 30),
        (80, 520, f"邮编 {digits(rng, 6)}", 30),
    )


def _bank_card(pen: Pen, rng: Rng) -> None:
    pen.sheet.paste(
        pick(rng, ((60, 90, 160), (150, 40, 50), (40, 110, 80))), (0, 0, *pen.sheet.size)
    )
    white = (240, 240, 236)
    put(pen, (80, 90, f"{city(rng)}银行", 56), (760, 90, "借记卡", 40), ink=white)
    number = "62" + digits(rng, 14)
    spaced = "  ".join(number[at : at + 4] for at in range(0, 16, 4))
    pen.text((90, 340), spaced, TextStyle("mono", 64, white, bold=0.02))
    put(
        pen,
        (90, 450, f"VALID THRU {rng.integers(1, 13):02}/{rng.integers(24, 31)}", 32),
        (740, 540, "UnionPay 银联", 32),
        ink=white,
    )


def _blank(pen: Pen, rng: Rng) -> None:
    pen.line(((0, between(rng, 100, 300)), (1000, between(rng, 100, 300))), (232, 230, 226), 3)


def _back(pen: Pen, rng: Rng) -> None:
    ink = (120, 118, 122)
    heading(pen, (500, 80), "发票使用须知", 44, ink)
    put(
        pen,
        (90, 180, "一、本发票限于领购单位和个人在规定的范围内使用。", 28),
        (90, 240, "二、任何单位和个人不得转借、转让、代开发票。", 28),
        (90, 300, "三、消费者索取发票后请刮开密码区查验真伪。", 28),
        (90, 360, f"四、举报电话：12366　　{city(rng)}市税务机关监制", 28),
        (90, 430, "查询方式：登录税务网站输入代码、号码及密码。", 26),
        ink=ink,
    )


def _note(pen: Pen, rng: Rng) -> None:
    for y in range(90, 700, 60):
        pen.line(((0, y), (1000, y)), (190, 205, 225), 2)
    lines = (
        "明天下午三点开会",
        f"带上{rng.integers(2, 9)}份材料",
        f"电话 {digits(rng, 11)}",
        "买菜 20元  停车 10元",
    )
    for row, text in enumerate(lines):
        style = TextStyle("serif", between(rng, 44, 56), (40, 50, 120), spread=between(rng, 0, 0.1))
        pen.text((between(rng, 60, 140), 120 + 110 * row), text, style)


def _letter(pen: Pen, rng: Rng) -> None:
    heading(pen, (500, 110), "关于调整作息时间的通知", 44)
    text = "各部门根据公司安排自下月起调整作息时间请各位同事相互转告并做好准备工作有疑问请联系"
    for row in range(12):
        start = int(rng.integers(0, 20))
        put(pen, (90, 230 + 70 * row, (text[start:] + text)[:26], 30))
    put(pen, (600, 1150, shop(rng), 28), (640, 1210, day(rng), 28))


def _price_tag(pen: Pen, rng: Rng) -> None:
    heading(pen, (360, 100), "优惠价", 60, (190, 40, 40))
    heading(pen, (500, 320), f"￥{pick(rng, (5, 10, 20, 50))}.00", 170, (190, 40, 40))
    put(
        pen,
        (60, 520, f"条码 69{digits(rng, 11)}", 36),
        (620, 520, "产地 " + city(rng), 36),
        ink=INK,
    )


def _expense_form(pen: Pen, rng: Rng) -> None:
    heading(pen, (500, 50), "费 用 报 销 单", 40)
    put(
        pen,
        (40, 105, "报销部门：" + pick(rng, ("财务部", "销售部", "行政部")), 22),
        (400, 105, day(rng), 22),
        (720, 105, f"编号：{digits(rng, 8)}", 22),
        (60, 155, "摘　　要　　　　　　金　额　　　　单据及附件共　　张", 22),
        (60, 210, "停车费", 24),
        (340, 210, money(rng, 900), 24),
    )
    pen.frame((30, 130, 970, 560), INK)
    for y in (180, 240, 440, 500):
        pen.line(((30, y), (970, y)), INK)
    yuan = pick(rng, tuple(WORDS))
    loan, rest = pick(rng, (200, 500)), pick(rng, (20, 50))
    put(
        pen,
        (60, 470, f"合计金额(大写)　{WORDS[yuan]}元整", 26),
        (640, 470, f"￥{yuan}.00", 26),
        (
            60,
            530,
            f"原借款：￥{loan}.00　　应退余款：￥{rest}.00",
            22,
        ),
        (60, 590, "领导批示　　　　会计主管　　　　出纳　　　　报销人", 22),
    )


CARDS_AND_NOTES: Mapping[str, Paper] = {
    "business-card": (0.6, _business_card),
    "bank-card": (0.63, _bank_card),
    "blank-paper": (0.7, _blank),
    "back-side": (0.55, _back),
    "note": (0.7, _note),
    "letter": (1.3, _letter),
    "price-tag": (0.6, _price_tag),
    "expense-form": (0.64, _expense_form),
}
"""Paper by kind."""
