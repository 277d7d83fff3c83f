"""Other kinds of invoices; they also carry codes and numbers, so a careless reader accepts them."""

from __future__ import annotations

from collections.abc import Mapping

from bench.drawing.other_papers.print_helpers import (
    BLUE,
    BROWN,
    RED,
    Paper,
    city,
    day,
    heading,
    money,
    put,
    shop,
    supervision_seal,
)
from bench.drawing.pen import Pen
from bench.drawing.random_numbers import Rng, digits


def _vat(pen: Pen, rng: Rng) -> None:
    place = city(rng)
    heading(pen, (500, 60), f"{place}增值税普通发票", 38, BROWN)
    supervision_seal(pen, (500, 75), place)
    put(pen, (30, 60, digits(rng, 10), 30))
    put(pen, (760, 40, f"No {digits(rng, 8)}", 30), ink=RED)
    put(pen, (720, 100, f"开票日期：{day(rng)}", 20), (740, 70, digits(rng, 10), 20))
    pen.frame((30, 130, 970, 580), BROWN)
    for y in (230, 430, 490):
        pen.line(((30, y), (970, y)), BROWN)
    put(
        pen,
        (50, 160, f"名　　　称：{shop(rng)}", 20),
        (50, 200, f"纳税人识别号：91{digits(rng, 16)}", 20),
    )
    columns = "货物或应税劳务、服务名称　　规格型号　单位　数量　单价　　金额　税率　税额"
    put(pen, (50, 255, columns, 18), ink=BROWN)
    put(
        pen,
        (50, 300, "*餐饮服务*餐费", 20),
        (720, 300, money(rng, 900), 20),
        (820, 300, "6%", 20),
        (50, 460, "价税合计（大写）", 20),
        (300, 460, "⊗叁佰贰拾元整", 24),
        (720, 460, "（小写）￥320.00", 22),
        (50, 520, f"销售方：{shop(rng)}", 20),
        (50, 560, "收款人：　　复核：　　开票人：王芳", 20),
    )


def _roll(pen: Pen, rng: Rng) -> None:
    place = city(rng)
    heading(pen, (500, 90), f"{place}增值税普通发票(卷票)", 52, BROWN)
    heading(pen, (500, 190), "发 票 联", 60, BROWN)
    supervision_seal(pen, (500, 140), place)
    put(
        pen,
        (60, 300, f"发票代码 0{digits(rng, 11)}", 44),
        (60, 370, f"发票号码 {digits(rng, 8)}", 44),
        (60, 460, f"机打号码 {digits(rng, 8)}", 40),
        (60, 520, f"机器编号 {digits(rng, 12)}", 40),
        (60, 600, f"销售方名称 {shop(rng)}", 38),
        (60, 660, f"开票日期 {day(rng)}", 38),
        (60, 800, "项目　　单价　数量　　金额", 40),
        (60, 870, f"餐饮费　　　　　1　{money(rng, 300)}", 40),
        (60, 1010, "合计金额(小写) ￥" + money(rng, 300), 44),
        (60, 1080, "合计金额(大写) 捌拾玖元整", 44),
        (60, 1250, f"校验码 {digits(rng, 20)}", 38),
    )


def _taxi(pen: Pen, rng: Rng) -> None:
    heading(pen, (500, 110), f"{city(rng)}市出租汽车专用发票", 62, BROWN)
    heading(pen, (500, 220), "发 票 联", 62, BROWN)
    put(
        pen,
        (80, 340, f"发票代码 1{digits(rng, 11)}", 48),
        (80, 420, f"发票号码 {digits(rng, 8)}", 48),
    )
    rows = (
        f"车号 川A·T{digits(rng, 4)}",
        f"证号 {digits(rng, 6)}",
        f"日期 {day(rng)}",
        "上车 09:12",
        "下车 09:40",
        "单价 1.90元",
        "里程 8.6km",
        "等候 00:03:20",
        f"金额 ￥{money(rng, 60)}元",
    )
    put(pen, *((120, 540 + 90 * row, text, 50) for row, text in enumerate(rows)), ink=BLUE)
    put(pen, (100, 1450, "手写无效  电话监督 96111", 44))


def _toll(pen: Pen, rng: Rng) -> None:
    place = city(rng)
    heading(pen, (500, 70), f"{place}高速公路车辆通行费专用发票", 38, BROWN)
    heading(pen, (500, 130), "发 票 联", 40, BROWN)
    supervision_seal(pen, (500, 100), place)
    put(
        pen,
        (100, 220, f"发票代码 2{digits(rng, 11)}", 34),
        (100, 275, f"发票号码 {digits(rng, 8)}", 34),
        ink=RED,
    )
    put(
        pen,
        (100, 350, f"入口 {city(rng)}北　出口 {city(rng)}南", 32),
        (100, 400, f"车型 一类　日期 {day(rng)}", 32),
        (100, 460, f"金额 {money(rng, 200)}元　支付方式 现金", 36),
    )


def _machine(pen: Pen, rng: Rng) -> None:
    place = city(rng)
    heading(pen, (500, 70), f"{place}市国家税务局通用机打发票", 42)
    heading(pen, (500, 135), "发 票 联", 42)
    supervision_seal(pen, (500, 105), place)
    put(
        pen,
        (560, 215, f"发票代码 1{digits(rng, 11)}", 30),
        (560, 260, f"发票号码 {digits(rng, 8)}", 30),
        ink=RED,
    )
    put(
        pen,
        (60, 260, f"开票日期：{day(rng)}", 26),
        (60, 330, f"付款单位：{shop(rng)}", 26),
        (60, 400, "项目　　　　数量　　　单价　　　　金额", 26),
        (60, 450, f"办公用品　　　2　　　 {money(rng, 90)}", 26),
        (60, 540, "合计(大写) 壹佰捌拾陆元整　￥186.00", 28),
        (60, 610, f"收款单位：{shop(rng)}", 26),
    )


OTHER_INVOICES: Mapping[str, Paper] = {
    "vat-invoice": (0.62, _vat),
    "vat-roll": (1.4, _roll),
    "taxi-ticket": (1.6, _taxi),
    "toll-ticket": (0.52, _toll),
    "machine-invoice": (0.68, _machine),
}
"""Paper by kind."""
