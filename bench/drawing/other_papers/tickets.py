"""Tickets and receipts: they carry many numbers, places and amounts, but are not invoices."""

from __future__ import annotations

from collections.abc import Mapping

from bench.drawing.invoice.content import NAMES, WORDS
from bench.drawing.other_papers.print_helpers import (
    BLUE,
    INK,
    RED,
    Paper,
    city,
    day,
    heading,
    money,
    put,
    shop,
)
from bench.drawing.pen import Pen
from bench.drawing.random_numbers import Rng, digits, pick


def _receipt(pen: Pen, rng: Rng) -> None:
    heading(pen, (500, 110), shop(rng)[:8] + "超市", 64)
    put(pen, (60, 220, f"单号：{digits(rng, 16)}", 40), (60, 280, day(rng) + " 18:32:07", 40))
    goods = ("纯净水550ml", "面包", "苹果", "抽纸", "牛奶250ml", "方便面", "口香糖")
    for row, name in enumerate(goods):
        y = 400 + 110 * row
        put(
            pen,
            (60, y, name, 44),
            (480, y, f"x{rng.integers(1, 4)}", 44),
            (740, y, money(rng, 40), 44),
        )
    put(
        pen,
        (60, 1230, "合计：", 56),
        (640, 1230, "￥" + money(rng, 200), 56),
        (60, 1320, "微信支付  找零 0.00", 44),
        (140, 1500, "谢谢惠顾 欢迎下次光临", 52),
    )


def _train(pen: Pen, rng: Rng) -> None:
    put(pen, (60, 60, f"{digits(rng, 2)}A{digits(rng, 6)}", 40), ink=RED)
    put(
        pen,
        (80, 140, f"{city(rng)}站", 52),
        (420, 140, f"G{rng.integers(100, 9000)}", 48),
        (680, 140, f"{city(rng)}站", 52),
        (80, 240, f"{day(rng)} 10:25开", 36),
        (680, 240, f"0{rng.integers(1, 9)}车{rng.integers(1, 20):02}A号", 36),
        (80, 300, f"￥{money(rng, 600)}元", 40),
        (680, 300, "二等座", 36),
        (80, 370, "限乘当日当次车", 32),
        (80, 430, f"{digits(rng, 10)}****{digits(rng, 4)} 王小明", 34),
        (80, 560, f"{digits(rng, 21)} {city(rng)}售", 28),
    )


def _waybill(pen: Pen, rng: Rng) -> None:
    pen.frame((30, 30, 970, 1370), INK, 4)
    heading(pen, (500, 110), pick(rng, NAMES) + "速运", 80)
    heading(pen, (500, 260), digits(rng, 12), 72)
    for x in range(120, 880, 14):
        pen.line(((x, 320), (x, 420)), INK, float(rng.integers(2, 9)))
    put(
        pen,
        (70, 520, f"收件人 李女士 138****{digits(rng, 4)}", 40),
        (70, 590, f"{city(rng)}市建设路{rng.integers(1, 99)}号", 40),
        (70, 720, f"寄件人 王先生 159****{digits(rng, 4)}", 40),
        (70, 790, f"{city(rng)}市人民路{rng.integers(1, 99)}号", 40),
        (70, 920, f"代收货款 ￥{money(rng, 300)}", 44),
        (70, 1000, "付款方式 寄付月结", 40),
        (70, 1250, day(rng), 36),
    )


def _cinema(pen: Pen, rng: Rng) -> None:
    heading(pen, (380, 70), f"{city(rng)}星光影城", 52, BLUE)
    seat = f"{rng.integers(1, 9)}号厅  {rng.integers(1, 12)}排{rng.integers(1, 20)}座"
    put(
        pen,
        (60, 160, seat, 44),
        (60, 240, f"{day(rng)} 19:40", 38),
        (60, 310, f"票价：{pick(rng, (30, 40, 50))}.00元", 38),
        (60, 380, f"票号 {digits(rng, 14)}", 30),
        (780, 240, "副券", 60),
    )


def _slip(pen: Pen, rng: Rng) -> None:
    heading(pen, (500, 110), "签 购 单", 70)
    put(
        pen,
        (60, 220, f"商户名称：{shop(rng)}", 38),
        (60, 280, f"商户编号：{digits(rng, 15)}", 38),
        (60, 340, f"终端编号：{digits(rng, 8)}", 38),
        (60, 420, f"卡号：{digits(rng, 6)}******{digits(rng, 4)}", 42),
        (60, 500, "交易类型：消费", 40),
        (60, 570, f"参考号：{digits(rng, 12)}", 40),
        (60, 700, f"金额：RMB {money(rng, 500)}", 60),
        (60, 900, "持卡人签名：", 44),
    )


def _handwritten_receipt(pen: Pen, rng: Rng) -> None:
    heading(pen, (500, 80), "收　款　收　据", 60, BLUE)
    put(pen, (700, 150, f"No.{digits(rng, 7)}", 36), ink=RED)
    put(pen, (60, 170, day(rng), 32), (60, 260, f"今收到　{shop(rng)}", 36), ink=BLUE)
    words = WORDS[pick(rng, (5, 10, 20, 50, 100))]
    put(
        pen,
        (60, 340, "交来　停车费", 36),
        (60, 420, f"金额(大写)　{words}元整　　￥", 36),
        (60, 520, "收款单位(公章)　　　收款人　　　经办人", 32),
        ink=BLUE,
    )


TICKETS: Mapping[str, Paper] = {
    "receipt": (1.7, _receipt),
    "train-ticket": (0.64, _train),
    "waybill": (1.4, _waybill),
    "cinema-ticket": (0.44, _cinema),
    "card-slip": (1.1, _slip),
    "handwritten-receipt": (0.6, _handwritten_receipt),
}
"""Paper by kind."""
