// SPDX-License-Identifier: Apache-2.0
// The events, newest first, and what is shown of them.

const eventKinds = [
  'uevent',
  'notifier',
  'state',
  'migration',
  'waiting',
  'zone',
  'workload',
  'poison',
  'firmware',
  'fault',
  'refused',
  'lost',
  'note',
];
const filter = { kinds: new Set(eventKinds), text: '', isHeld: false };
const rowsShown = 300;

function eventRow(event, isNew) {
  const at = new Date(event.time / 1000),
    micro = String(event.time % 1e6).padStart(6, '0');
  return el(
    'tr',
    { 'data-kind': event.kind, 'data-number': event.number, class: isNew ? 'new' : null },
    el('td', { class: 'n' }, `${event.number}`),
    el('td', { class: 'mono' }, `${at.toLocaleTimeString('en-GB')}.${micro}`),
    el('td', {}, event.kind),
    el(
      'td',
      {},
      event.words,
      event.block !== null && runOf(event.block)
        ? el(
            'span',
            {},
            ' ',
            el(
              'button',
              {
                type: 'button',
                'aria-label': `Open block ${event.block}`,
                onclick: click => panel.open(event.block, click.currentTarget),
              },
              'Show',
            ),
          )
        : '',
    ),
  );
}

const passes = event => filter.kinds.has(event.kind) && (!filter.text || event.words.includes(filter.text));

function showEvents(after = Infinity) {
  if (filter.isHeld) return;
  const shown = [];
  for (let index = state.events.length - 1; index >= 0 && shown.length < rowsShown; index -= 1)
    if (passes(state.events[index])) shown.push(state.events[index]);
  $('events').replaceChildren(...shown.map(event => eventRow(event, event.number > after)));
  $('events-more').textContent =
    state.events.length === 0
      ? 'Nothing has happened yet.'
      : `${count(shown.length)} of ${count(state.events.length)} events that this page knows.`;
}

function makeFilters() {
  $('kinds').append(
    ...eventKinds.map(kind =>
      el(
        'label',
        {},
        el('input', {
          type: 'checkbox',
          checked: true,
          name: kind,
          onchange: event => {
            if (event.target.checked) filter.kinds.add(kind);
            else filter.kinds.delete(kind);
            showEvents();
          },
        }),
        kind,
      ),
    ),
  );
  $('event-text').addEventListener('input', event => {
    filter.text = event.target.value;
    showEvents();
  });
  $('event-hold').addEventListener('click', event => {
    filter.isHeld = !filter.isHeld;
    event.target.setAttribute('aria-pressed', filter.isHeld);
    showEvents();
  });
}
