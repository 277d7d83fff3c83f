"""Tickets and invoices of other sorts: near enough to quota invoices to fool a careless reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .chance import Rng, digits, pick
from .content import NAMES, TRADES, WORDS
from .divisions import divisions
from .pen import Ink, Pen, Spot, Type
from .seals import Mark, Seal, press

INK: Ink = (44, 42, 46)
BROWN: Ink = (120, 70, 40)
RED: Ink = (200, 50, 56)
BLUE: Ink = (50, 70, 140)

Line = tuple[float, float, str, float]
"""Left, middle, text, size."""
Paper = tuple[float, Callable[[Pen, Rng], None]]
"""Height by width, and what prints the sheet."""


def put(pen: Pen, lines: tuple[Line, ...], ink: Ink = INK) -> None:
    """Print lines in one ink."""
    for x, y, text, size in lines:
        pen.text((x, y), text, Type("sans", size, ink))


def heading(pen: Pen, centre: Spot, text: str, size: float, ink: Ink = INK) -> None:
    """Print a bold line around a centre."""
    pen.text(centre, text, Type("serif", size, ink, bold=0.02), anchor="mm")


def city(rng: Rng) -> str:
    """A place."""
    return pick(rng, [each for each in divisions() if each.prefecture]).short


def shop(rng: Rng) -> str:
    """A company."""
    return city(rng) + pick(rng, NAMES) + pick(rng, TRADES)


def money(rng: Rng, most: int) -> str:
    """An amount like 38.50."""
    return f"{int(rng.integers(3, most))}.{pick(rng, ('00', '50', '80', '35'))}"


def day(rng: Rng) -> str:
    """A date like 2017年05月08日."""
    return f"20{rng.integers(12, 23)}年{rng.integers(1, 13):02}月{rng.integers(1, 29):02}日"


def _monitored(pen: Pen, centre: Spot, place: str) -> None:
    seal = Seal(230, 150, "全国统一发票监制章", "国家税务局监制", ((place, 24.0, 0.0),), size=19)
    press(pen, seal, centre, Mark(strength=0.7))


def _receipt(pen: Pen, rng: Rng) -> None:
    heading(pen, (500, 110), shop(rng)[:8] + "超市", 64)
    put(pen, ((60, 220, f"单号：{digits(rng, 16)}", 40), (60, 280, day(rng) + " 18:32:07", 40)))
    goods = ("纯净水550ml", "面包", "苹果", "抽纸", "牛奶250ml", "方便面", "口香糖")
    for row, name in enumerate(goods):
        y = 400 + 110 * row
        put(
            pen,
            (
                (60, y, name, 44),
                (480, y, f"x{rng.integers(1, 4)}", 44),
                (740, y, money(rng, 40), 44),
            ),
        )
    put(pen, ((60, 1230, "合计：", 56), (640, 1230, "￥" + money(rng, 200), 56)))
    put(pen, ((60, 1320, "微信支付  找零 0.00", 44), (140, 1500, "谢谢惠顾 欢迎下次光临", 52)))


def _vat(pen: Pen, rng: Rng) -> None:
    place = city(rng)
    heading(pen, (500, 60), f"{place}增值税普通发票", 38, BROWN)
    _monitored(pen, (500, 75), place)
    put(pen, ((30, 60, digits(rng, 10), 30),))
    put(pen, ((760, 40, f"No {digits(rng, 8)}", 30),), RED)
    put(pen, ((720, 100, f"开票日期：{day(rng)}", 20), (740, 70, digits(rng, 10), 20)))
    pen.frame((30, 130, 970, 580), BROWN)
    for y in (230, 430, 490):
        pen.line(((30, y), (970, y)), BROWN)
    put(
        pen,
        (
            (50, 160, f"名　　　称：{shop(rng)}", 20),
            (50, 200, f"纳税人识别号：91{digits(rng, 16)}", 20),
        ),
    )
    put(
        pen,
        (
            (
                50,
                255,
                "货物或应税劳务、服务名称　　规格型号　单位　数量　单价　　金额　税率　税额",
                18,
            ),
        ),
        BROWN,
    )
    put(
        pen,
        ((50, 300, "*餐饮服务*餐费", 20), (720, 300, money(rng, 900), 20), (820, 300, "6%", 20)),
    )
    put(
        pen,
        (
            (50, 460, "价税合计（大写）", 20),
            (300, 460, "⊗叁佰贰拾元整", 24),
            (720, 460, "（小写）￥320.00", 22),
        ),
    )
    put(
        pen,
        (
            (50, 520, f"销售方：{shop(rng)}", 20),
            (50, 560, "收款人：　　复核：　　开票人：王芳", 20),
        ),
    )


def _roll(pen: Pen, rng: Rng) -> None:
    place = city(rng)
    heading(pen, (500, 90), f"{place}增值税普通发票(卷票)", 52, BROWN)
    heading(pen, (500, 190), "发 票 联", 60, BROWN)
    _monitored(pen, (500, 140), place)
    put(
        pen,
        (
            (60, 300, f"发票代码 0{digits(rng, 11)}", 44),
            (60, 370, f"发票号码 {digits(rng, 8)}", 44),
        ),
    )
    put(
        pen,
        ((60, 460, f"机打号码 {digits(rng, 8)}", 40), (60, 520, f"机器编号 {digits(rng, 12)}", 40)),
    )
    put(pen, ((60, 600, f"销售方名称 {shop(rng)}", 38), (60, 660, f"开票日期 {day(rng)}", 38)))
    put(
        pen,
        (
            (60, 800, "项目　　单价　数量　　金额", 40),
            (60, 870, f"餐饮费　　　　　1　{money(rng, 300)}", 40),
        ),
    )
    put(
        pen,
        (
            (60, 1010, "合计金额(小写) ￥" + money(rng, 300), 44),
            (60, 1080, "合计金额(大写) 捌拾玖元整", 44),
        ),
    )
    put(pen, ((60, 1250, f"校验码 {digits(rng, 20)}", 38),))


def _taxi(pen: Pen, rng: Rng) -> None:
    heading(pen, (500, 110), f"{city(rng)}市出租汽车专用发票", 62, BROWN)
    heading(pen, (500, 220), "发 票 联", 62, BROWN)
    put(
        pen,
        (
            (80, 340, f"发票代码 1{digits(rng, 11)}", 48),
            (80, 420, f"发票号码 {digits(rng, 8)}", 48),
        ),
    )
    rows = (
        f"车号 川A·T{digits(rng, 4)}",
        f"证号 {digits(rng, 6)}",
        f"日期 {day(rng)}",
        "上车 09:12",
    )
    more = (
        "下车 09:40",
        "单价 1.90元",
        "里程 8.6km",
        "等候 00:03:20",
        f"金额 ￥{money(rng, 60)}元",
    )
    put(
        pen,
        tuple((120.0, 540.0 + 90 * row, text, 50.0) for row, text in enumerate(rows + more)),
        BLUE,
    )
    put(pen, ((100, 1450, "手写无效  电话监督 96111", 44),))


def _train(pen: Pen, rng: Rng) -> None:
    put(pen, ((60, 60, f"{digits(rng, 2)}A{digits(rng, 6)}", 40),), RED)
    put(pen, ((80, 140, f"{city(rng)}站", 52), (420, 140, f"G{rng.integers(100, 9000)}", 48)))
    put(pen, ((680, 140, f"{city(rng)}站", 52), (80, 240, f"{day(rng)} 10:25开", 36)))
    put(pen, ((680, 240, f"0{rng.integers(1, 9)}车{rng.integers(1, 20):02}A号", 36),))
    put(pen, ((80, 300, f"￥{money(rng, 600)}元", 40), (680, 300, "二等座", 36)))
    put(
        pen,
        (
            (80, 370, "限乘当日当次车", 32),
            (80, 430, f"{digits(rng, 10)}****{digits(rng, 4)} 王小明", 34),
        ),
    )
    put(pen, ((80, 560, f"{digits(rng, 21)} {city(rng)}售", 28),))


def _toll(pen: Pen, rng: Rng) -> None:
    place = city(rng)
    heading(pen, (500, 70), f"{place}高速公路车辆通行费专用发票", 38, BROWN)
    heading(pen, (500, 130), "发 票 联", 40, BROWN)
    _monitored(pen, (500, 100), place)
    put(
        pen,
        (
            (100, 220, f"发票代码 2{digits(rng, 11)}", 34),
            (100, 275, f"发票号码 {digits(rng, 8)}", 34),
        ),
        RED,
    )
    put(
        pen,
        (
            (100, 350, f"入口 {city(rng)}北　出口 {city(rng)}南", 32),
            (100, 400, f"车型 一类　日期 {day(rng)}", 32),
        ),
    )
    put(pen, ((100, 460, f"金额 {money(rng, 200)}元　支付方式 现金", 36),))


def _machine(pen: Pen, rng: Rng) -> None:
    place = city(rng)
    heading(pen, (500, 70), f"{place}市国家税务局通用机打发票", 42)
    heading(pen, (500, 135), "发 票 联", 42)
    _monitored(pen, (500, 105), place)
    put(
        pen,
        (
            (560, 215, f"发票代码 1{digits(rng, 11)}", 30),
            (560, 260, f"发票号码 {digits(rng, 8)}", 30),
        ),
        RED,
    )
    put(pen, ((60, 260, f"开票日期：{day(rng)}", 26), (60, 330, f"付款单位：{shop(rng)}", 26)))
    put(
        pen,
        (
            (60, 400, "项目　　　　数量　　　单价　　　　金额", 26),
            (60, 450, f"办公用品　　　2　　　 {money(rng, 90)}", 26),
        ),
    )
    put(
        pen,
        (
            (60, 540, "合计(大写) 壹佰捌拾陆元整　￥186.00", 28),
            (60, 610, f"收款单位：{shop(rng)}", 26),
        ),
    )


def _waybill(pen: Pen, rng: Rng) -> None:
    pen.frame((30, 30, 970, 1370), INK, 4)
    heading(pen, (500, 110), pick(rng, NAMES) + "速运", 80)
    heading(pen, (500, 260), digits(rng, 12), 72)
    for x in range(120, 880, 14):
        pen.line(((x, 320), (x, 420)), INK, float(rng.integers(2, 9)))
    put(
        pen,
        (
            (70, 520, f"收件人 李女士 138****{digits(rng, 4)}", 40),
            (70, 590, f"{city(rng)}市建设路{rng.integers(1, 99)}号", 40),
        ),
    )
    put(
        pen,
        (
            (70, 720, f"寄件人 王先生 159****{digits(rng, 4)}", 40),
            (70, 790, f"{city(rng)}市人民路{rng.integers(1, 99)}号", 40),
        ),
    )
    put(
        pen,
        (
            (70, 920, f"代收货款 ￥{money(rng, 300)}", 44),
            (70, 1000, "付款方式 寄付月结", 40),
            (70, 1250, day(rng), 36),
        ),
    )


def _cinema(pen: Pen, rng: Rng) -> None:
    heading(pen, (380, 70), f"{city(rng)}星光影城", 52, BLUE)
    put(
        pen,
        (
            (
                60,
                160,
                f"{rng.integers(1, 9)}号厅  {rng.integers(1, 12)}排{rng.integers(1, 20)}座",
                44,
            ),
        ),
    )
    put(
        pen,
        (
            (60, 240, f"{day(rng)} 19:40", 38),
            (60, 310, f"票价：{pick(rng, (30, 40, 50))}.00元", 38),
        ),
    )
    put(pen, ((60, 380, f"票号 {digits(rng, 14)}", 30), (780, 240, "副券", 60)))


def _slip(pen: Pen, rng: Rng) -> None:
    heading(pen, (500, 110), "签 购 单", 70)
    put(
        pen,
        ((60, 220, f"商户名称：{shop(rng)}", 38), (60, 280, f"商户编号：{digits(rng, 15)}", 38)),
    )
    put(
        pen,
        (
            (60, 340, f"终端编号：{digits(rng, 8)}", 38),
            (60, 420, f"卡号：{digits(rng, 6)}******{digits(rng, 4)}", 42),
        ),
    )
    put(pen, ((60, 500, "交易类型：消费", 40), (60, 570, f"参考号：{digits(rng, 12)}", 40)))
    put(pen, ((60, 700, f"金额：RMB {money(rng, 500)}", 60), (60, 900, "持卡人签名：", 44)))


def _handwritten_receipt(pen: Pen, rng: Rng) -> None:
    heading(pen, (500, 80), "收　款　收　据", 60, BLUE)
    put(pen, ((700, 150, f"No.{digits(rng, 7)}", 36),), RED)
    put(pen, ((60, 170, day(rng), 32), (60, 260, f"今收到　{shop(rng)}", 36)), BLUE)
    words = WORDS[pick(rng, (5, 10, 20, 50, 100))]
    put(pen, ((60, 340, "交来　停车费", 36), (60, 420, f"金额(大写)　{words}元整　　￥", 36)), BLUE)
    put(pen, ((60, 520, "收款单位(公章)　　　收款人　　　经办人", 32),), BLUE)


TICKETS: Mapping[str, Paper] = {
    "receipt": (1.7, _receipt),
    "vat-invoice": (0.62, _vat),
    "vat-roll": (1.4, _roll),
    "taxi-ticket": (1.6, _taxi),
    "train-ticket": (0.64, _train),
    "toll-ticket": (0.52, _toll),
    "machine-invoice": (0.68, _machine),
    "waybill": (1.4, _waybill),
    "cinema-ticket": (0.44, _cinema),
    "card-slip": (1.1, _slip),
    "handwritten-receipt": (0.6, _handwritten_receipt),
}
"""Name → the paper."""
