"""Take a picture of an offline map in headless Chromium, for documents and for looking at it.

``python scripts/picture_map.py plan-out/map.html map.png --view "t=built_share" --pick 119.4,32.1``

``--view`` is what stands after ``#`` in the map's address (theme ``t``, language ``l``, overlays
``v``, place ``z``); ``--pick LON,LAT`` opens the card of a unit, ``--accounts`` the accounts,
``--phone`` takes 360 by 740 pixels. Needs Chromium, chromedriver and selenium; the network is cut.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import Any


def browser(width: int, height: int, *, phone: bool) -> Any:
    """Start Chromium without a network."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.execute_cdp_cmd("Network.enable", {})
    cut = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", cut)
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    return driver


def wait_until_drawn(driver: Any, seconds: float = 60) -> None:
    """Wait for the page to say that it is ready."""
    for _ in range(int(seconds / 0.1)):
        state = driver.execute_script("return {...document.documentElement.dataset}")
        if "failed" in state:
            raise SystemExit(state["failed"])
        if "ready" in state:
            return
        time.sleep(0.1)
    raise SystemExit("the map was not ready in time")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--view", default="")
    parser.add_argument("--pick", default="")
    parser.add_argument("--accounts", action="store_true")
    parser.add_argument("--phone", action="store_true")
    options = parser.parse_args()
    driver = browser(*((360, 740) if options.phone else (1280, 780)), phone=options.phone)
    try:
        driver.get(options.page.resolve().as_uri() + "#" + options.view)
        wait_until_drawn(driver)
        if options.pick:
            lon, lat = (float(x) for x in options.pick.split(","))
            driver.execute_script("Zoning.emit('pick', [arguments[0], arguments[1]])", lat, lon)
        if options.accounts:
            driver.execute_script("Zoning.emit('accounts', true)")
        time.sleep(1)
        driver.save_screenshot(str(options.picture))
    finally:
        driver.quit()
    print(options.picture)


if __name__ == "__main__":
    main()
