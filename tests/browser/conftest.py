"""A browser and a JupyterLab for the tests here, which are skipped where there is no browser."""

from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.lab import CHROMIUM_FLAGS, Lab, find_chromium, jupyter_lab

SIZE = {"width": 1440, "height": 900}


@pytest.fixture(scope="package")
def browser():
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium or Chrome was found; set CHROMIUM to its path if there is one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def address(browser, tmp_path_factory):
    """A JupyterLab for all tests here, in a folder of its own, which is `address.folder`."""
    folder = tmp_path_factory.mktemp("lab")
    with jupyter_lab(folder) as url:
        yield Address(url, folder)


class Address(str):
    def __new__(cls, url, folder):
        address = super().__new__(cls, url)
        address.folder = folder
        return address


@pytest.fixture(scope="module")
def page(browser):
    """One page for the module."""
    with new_page(browser) as page:
        yield page


@contextmanager
def new_page(browser):
    """Open a page that shares nothing with others; what it asks beyond this machine is refused."""
    context = browser.new_context(viewport=SIZE, permissions=["clipboard-read", "clipboard-write"])
    context.route(
        lambda url: url.startswith("http") and "//127.0.0.1" not in url, lambda route: route.abort()
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


@pytest.fixture(scope="module")
def lab(page, address):
    return Lab(page, address)
