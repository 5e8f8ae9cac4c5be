"""What can be measured of a page: its width, its controls, how they look, and what axe finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LEAST_TARGET = 24  # CSS pixels, WCAG 2.2, 2.5.8

TARGETS = """() => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .map(control => [control, control.closest('label') || control])
  .filter(([control]) => control.checkVisibility() && !control.closest('details:not([open]) > :not(summary)'))
  .map(([control, target]) => ({
    what: control.outerHTML.slice(0, 90), width: target.getBoundingClientRect().width,
    height: target.getBoundingClientRect().height,
    inline: control.tagName == 'A' && getComputedStyle(control).display == 'inline'}))"""

PAIR = """() => [...document.querySelectorAll('.pair .button')].map(button => {
  const box = button.getBoundingClientRect(), style = getComputedStyle(button)
  return {words: button.innerText, value: button.value, width: Math.round(box.width), height: Math.round(box.height),
    left: box.left, top: box.top, right: box.right, bottom: box.bottom,
    look: ['fontFamily', 'fontSize', 'fontWeight', 'color', 'backgroundColor', 'borderTopColor', 'borderTopWidth',
      'borderRadius', 'opacity', 'textDecorationLine', 'boxShadow'].map(name => style[name])}})"""


def overhang(page: Page) -> int:
    """How many points the page is wider than its window."""
    wider: int = page.evaluate(
        "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    )
    return wider


def small_targets(page: Page) -> list[str]:
    """Controls that are smaller than a finger needs. A link inside a sentence may be as small as its text."""
    found: list[dict[str, Any]] = page.evaluate(TARGETS)
    return [
        f"{f['what']} is {f['width']:.1f} x {f['height']:.1f}"
        for f in found
        if min(f["width"], f["height"]) < LEAST_TARGET and not f["inline"]
    ]


def pair(page: Page) -> list[dict[str, Any]]:
    """The two controls that stand side by side, or one above the other, in the order of the document."""
    found: list[dict[str, Any]] = page.evaluate(PAIR)
    return found


def presses_anyone(page: Page) -> list[str]:
    """What hurries the reader: a script, a page that moves on by itself, anything that moves or counts down."""
    found: list[str] = page.evaluate(
        """() => [
          ...[...document.querySelectorAll(
            'script, meta[http-equiv=refresh], marquee, video, progress, meter, time, [role=timer]')]
            .map(element => element.outerHTML),
          ...document.getAnimations().map(animation => String(animation.animationName))]"""
    )
    return found


def violations(page: Page) -> list[str]:
    """What axe finds at AA and beyond: the rule, and where. Needs a window with scripts."""
    from axe_playwright_python.sync_playwright import Axe

    told = Axe().run(page, options={"runOnly": AA, "resultTypes": ["violations"]}).response
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {node.get('failureSummary', '')}"
        for rule in told["violations"]
        for node in rule["nodes"]
    ]


def faults(page: Page) -> list[str]:
    """All that may be wrong with any page at any width, without scripts."""
    wide = overhang(page)
    found = small_targets(page)
    if wide > 0:
        found.append(f"{wide} points wider than the window")
    if page.locator("h1").count() != 1:
        found.append("not one headline")
    return [f"{page.title()} ({page.viewport_size}): {fault}" for fault in found]
