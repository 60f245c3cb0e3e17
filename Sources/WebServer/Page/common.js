// SPDX-License-Identifier: Apache-2.0
// The page knows what the server tells it (machine, blocks, free lists, workloads, devices, faults, actions, events), and
// does something by writing a line to a file. Text gets into the document as text only.
'use strict';

const $ = id => document.getElementById(id);
const memory = '/sys/devices/system/memory/memory';
const control = name => `/sys/kernel/debug/hotmem/${name}`;
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const state = { machine: null, runs: [], free: [], workloads: [], devices: [], faults: [], actions: [], events: [] };

/** An element with attributes and children; texts become text. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

const count = number => number.toLocaleString('en');
const many = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
const hex = number => '0x' + number.toString(16);

function bytes(number) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (number >= 1024 && unit < 4) {
    number /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(number) ? number : number.toFixed(1)} ${units[unit]}`;
}

const errnos = {
  1: 'EPERM',
  2: 'ENOENT',
  4: 'EINTR',
  5: 'EIO',
  6: 'ENXIO',
  7: 'E2BIG',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  19: 'ENODEV',
  22: 'EINVAL',
  27: 'EFBIG',
  28: 'ENOSPC',
  30: 'EROFS',
  34: 'ERANGE',
  61: 'ENODATA',
  75: 'EOVERFLOW',
  95: 'EOPNOTSUPP',
  107: 'ENOTCONN',
  110: 'ETIMEDOUT',
  125: 'ECANCELED',
};
const errnoName = number => (errnos[number] ? `${errnos[number]} (${number})` : `errno ${number}`);

const quote = text => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
/** What does the same in a shell. */
const shell = (file, text) => `${text.includes('\\') ? "printf '%s\\n'" : 'echo'} ${quote(text)} > ${quote((state.machine?.root ?? '') + file)}`;

/** A shell's line to be seen, which is broken at slashes. */
function shellCode(line, attributes = {}) {
  return el('code', attributes, ...line.split('/').flatMap((part, index) => (index ? ['/', el('wbr'), part] : [part])));
}

let said = '';
function announce(text) {
  if (text === said) text += ' '; // Or it would not be said again.
  said = text;
  $('live').textContent = text;
}

/** Puts children in place of others without taking the focus away, or closing what is open. What is alike stays, so that
 * a button is not gone from under the mouse. */
function replace(parent, children) {
  const held = parent.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const open = [...parent.querySelectorAll('details[open]')].map(details => details.id),
    old = [...parent.childNodes];
  if (old.length === children.length) {
    children.forEach((child, index) => {
      if (!old[index].isEqualNode(child) || child.querySelector('canvas')) old[index].replaceWith(child);
    });
  } else parent.replaceChildren(...children);
  for (const details of parent.querySelectorAll('details')) if (open.includes(details.id)) details.open = true;
  if (held && !parent.contains(document.activeElement))
    parent.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
}
