"""Layouts of the provinces: the positions of the parts that every invoice has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bench.drawing.invoice.content import ENGLISH
from bench.drawing.invoice.print_style import BLACK, BLUE, larger
from bench.drawing.invoice.printing import Printing
from bench.drawing.pen import TextStyle
from bench.drawing.random_numbers import happens, pick


def _plain(page: Printing) -> None:
    page.title((500, 105), 800, size=56)
    page.copy_name((500, 195))
    page.seal((500, 165))
    page.code_and_number((pick(page.rng, (420, 330, 80)), 300), 54)
    with_figures = happens(page.rng, 0.4)
    page.amount((500, 505), size=70, figures=with_figures)
    page.small((500, 580), "(加盖发票专用章)", size=24, anchor="mm")
    page.small((120, 660), page.invoice.printer, size=19)


def _bilingual(page: Printing) -> None:
    ink = page.style.label.ink
    page.title((500, 70), 640)
    english = TextStyle("serif", 22, ink)
    page.pen.text((500, 108), "GENERAL FIXED-VALUE INVOICE", english, anchor="mm")
    page.copy_name((500, 190), size=58, ink=BLUE)
    page.seal((500, 140))
    for row, (label, below) in enumerate(
        (("发票代码", "Invoice code"), ("发票号码", "Invoice No."))
    ):
        y = 272 + 62 * row
        value = (page.invoice.code, page.invoice.number)[row]
        page.field((130, y), label, value, ("code", "number")[row])
        page.small((130, y + 27), below, size=17)
    page.password((130, 400))
    page.amount((650, 450), size=52)
    page.small((590, 500), f"{ENGLISH[page.invoice.yuan]} yuan", size=26)
    page.small((130, 590), "开票日期　　　　　　年　　月　　日", size=24)
    page.small((600, 590), "收款单位(盖章有效)", size=24)
    office = f"此发票系{page.invoice.issuer}税务机关批准印制·税印·{page.invoice.year % 100:02}-07"
    page.small((45, 340), office, size=21, anchor="mm", turn=3)
    page.pen.text(
        (935, 90), str(page.invoice.yuan), TextStyle("sans", 54, BLUE, 0.05, turn=3), anchor="mm"
    )


def _framed(page: Printing) -> None:
    page.pen.frame((30, 30, 970, 530), page.style.label.ink, 4)
    page.pen.frame((40, 40, 960, 520), page.style.label.ink, 1.5)
    page.title((480, 85), 700)
    page.copy_name((480, 150), size=40)
    page.seal((480, 125))
    page.code_and_number((90, 225), 50)
    page.pen.frame((80, 310, 880, 400), page.style.label.ink)
    page.small((100, 355), "金额(大写)", size=28)
    page.amount((420, 355), size=48, left=250)
    page.small((100, 445), "收款单位(盖章)：", size=24)
    page.small((600, 445), "开票日期：　　年　月　日", size=24)
    line = page.invoice.printer
    page.small((925, 280), line, size=min(15, 620 / len(line)), anchor="mm", turn=3)


def _stub(page: Printing) -> None:
    ink = page.style.label.ink
    for y in range(20, 480, 24):
        page.pen.line(((265, y), (265, y + 12)), ink)
    narrow = replace(
        page,
        style=replace(page.style, digits=replace(page.style.digits, size=19, spread=0, stretch=1)),
    )
    page.small((135, 70), "存　根　联", size=28, anchor="mm")
    narrow.small((20, 150), "发票代码", size=18)
    narrow.pen.text((102, 150), page.invoice.code, narrow.style.digits)
    narrow.small((20, 195), "发票号码", size=18)
    narrow.pen.text((102, 195), page.invoice.number, narrow.style.digits)
    narrow.small((135, 290), page.invoice.words, size=34, anchor="mm")
    narrow.small((20, 400), "年　　月　　日", size=20)
    page.title((630, 70), 600, size=40)
    page.copy_name((630, 135), size=38)
    page.seal((630, 105))
    page.code_and_number((310, 220), 48)
    page.amount((620, 345), size=50)
    page.small((310, 410), "收款单位(盖章)", size=22)
    page.small((300, 455), page.invoice.printer, size=15)


def _tall(page: Printing) -> None:
    page.title((500, 120), 880, size=64)
    page.copy_name((500, 230), size=66)
    page.seal((500, 185))
    big = replace(page, style=larger(page.style, 1.35))
    big.code_and_number((110, 400), 80)
    big.password((110, 560))
    page.amount((500, 760), size=100, figures=False)
    page.pen.text(
        (500, 860),
        page.invoice.figures,
        TextStyle("sans", 48, BLACK, 0.02),
        anchor="mm",
        name="figures",
    )
    page.small((110, 1000), "收款单位(盖章)：", size=34)
    page.small((110, 1080), "开票日期：　　年　　月　　日", size=34)
    page.small((500, 1250), page.invoice.printer, size=22, anchor="mm")


def _strip(page: Printing) -> None:
    page.title((500, 62), 620, size=40)
    page.copy_name((500, 125), size=38)
    page.seal((500, 95))
    page.field((50, 195), "发票代码", page.invoice.code, "code")
    page.field((600, 195), "发票号码", page.invoice.number, "number")
    page.amount((500, 285), size=54)
    page.small((60, 345), "开票单位(盖章)", size=22)
    page.small((60, 395), page.invoice.printer, size=17)


def _prize(page: Printing) -> None:
    page.title((500, 75), 760)
    page.copy_name((500, 150), size=46)
    page.seal((500, 120))
    page.code_and_number((420, 235), 50)
    page.password((420, 340))
    page.pen.frame((50, 210, 340, 400), page.style.label.ink)
    page.small((195, 240), "兑 奖 区", size=28, anchor="mm")
    page.small((195, 320), "刮开有奖", size=36, anchor="mm")
    page.small((195, 375), "涂层刮开前不得开具", size=17, anchor="mm")
    page.amount((560, 450), size=60)
    page.small((60, 520), "付款方填写　　　　　　　　　收款方盖章", size=22)
    page.small((60, 570), page.invoice.printer, size=17)


LAYOUTS: Mapping[str, tuple[float, Callable[[Printing], None]]] = {
    "plain": (0.72, _plain),
    "bilingual": (0.66, _bilingual),
    "framed": (0.56, _framed),
    "stub": (0.48, _stub),
    "tall": (1.3, _tall),
    "strip": (0.42, _strip),
    "prize": (0.61, _prize),
}
"""Height divided by width, and the printing function, by name."""
