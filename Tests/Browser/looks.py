# SPDX-License-Identifier: Apache-2.0
"""Scripts that look at a page as those do who cannot see it well, or at all."""

# What can have the focus and has no name; fields without a label.
ACCESSIBLE_NAMES = """
const named = each => each.getAttribute('aria-label') || each.getAttribute('aria-labelledby') || each.textContent.trim()
  || [...(each.labels ?? [])].some(label => label.textContent.trim());
return [...document.querySelectorAll('a, button, input, select, summary, [tabindex], [role=grid], [role=img]')]
  .filter(each => each.checkVisibility() && !named(each)).map(each => each.outerHTML.slice(0, 120));
"""

# Where the focus is: its place among all elements, and whether it is seen.
FOCUS = """
const at = document.activeElement, style = getComputedStyle(at);
return { name: at.getAttribute('aria-label') ?? at.textContent.trim().slice(0, 30), tag: at.tagName,
  place: at === document.body ? -1 : [...document.querySelectorAll('*')].indexOf(at),
  outline: at === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) };
"""

# Texts with less contrast than 4.5 to 1.
CONTRAST = """
const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
const brush = canvas.getContext('2d', {willReadFrequently: true});
const rgba = colour => {
  brush.clearRect(0, 0, 1, 1);
  brush.fillStyle = colour;
  brush.fillRect(0, 0, 1, 1);
  return [...brush.getImageData(0, 0, 1, 1).data];
};
const luminance = colour => {
  const [r, g, b] = colour.map(value => value / 255)
    .map(value => value <= .03928 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const behind = element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = rgba(getComputedStyle(at).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return [255, 255, 255];
};
const faint = new Map();
for (const each of document.querySelectorAll('body *')) {
  const hasText = [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  if (!hasText || !each.checkVisibility() || each.disabled) continue;
  const one = luminance(rgba(getComputedStyle(each).color)), other = luminance(behind(each));
  const contrast = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
  if (contrast < 4.5) faint.set(`${each.tagName}.${each.className}`, `${each.textContent.slice(0, 30)}: ${contrast}`);
}
return [...faint];
"""
