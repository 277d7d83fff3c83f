import time
from tests.support.review.browsing import Visit, PHONE
from accounting.review.pages import invoice_url

def test_smoke(visit, desk):
    a = desk.recognize("a.png", number="91234561", confidence={"number": 0.5})
    b = desk.recognize("b.png", number="81234561", confidence={"code": 0.7})
    c = desk.recognize("c.png", number="91234561")
    v = visit(); v.page.on("console", lambda m: print("LOC", m.text[:40], m.location))
    page = v.open("/")
    page.wait_for_timeout(3000)
    page = v.open(invoice_url(a))
    page.wait_for_timeout(1500)
    page.screenshot(path="/tmp/inv15/a.png")
    for d in "4567": page.keyboard.press(d)
    page.wait_for_timeout(500)
    page.screenshot(path="/tmp/inv15/b.png")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1500)
    print(page.url)
    page.screenshot(path="/tmp/inv15/c.png")
    page.set_viewport_size({"width":360,"height":740})
    page.goto(v.base+invoice_url(c))
    page.wait_for_timeout(1000)
    page.screenshot(path="/tmp/inv15/d.png", full_page=True)
    print(desk.entries(a)); print("FAULTS", v.faults())
