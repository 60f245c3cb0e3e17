// SPDX-License-Identifier: Apache-2.0
// Doing something, and what became of it.

// Asks the server to do something; what it refuses is told.
async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    return announce('The server does not answer');
  }
  if (answer.ok) return;
  const said = await answer.json().catch(() => ({}));
  announce(said.error?.message ?? `The server says ${answer.status}`);
}

function act(file, text) {
  announce(`Asked: ${text}`);
  ask('/actions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ file, text }),
  });
}

const cancel = id => ask(`/actions/${id}`, { method: 'DELETE' });

function button(label, file, text, key) {
  return el(
    'button',
    { type: 'button', title: shell(file, text), 'data-key': key ?? `${file} ${text}`, onclick: () => act(file, text) },
    label,
  );
}

function showActions() {
  const before = new Map([...$('done').children].map(item => [item.dataset.id, item.dataset.state]));
  $('done-none').hidden = state.actions.length > 0;
  replace(
    $('done'),
    [...state.actions].reverse().map(action => {
      const why = action.errno
        ? `${errnoName(action.errno)}: ${action.message}` + (action.reason ? ` — ${action.reason}` : '')
        : '';
      const old = before.get(String(action.id));
      if (action.state !== 'pending' && old !== action.state && old !== undefined)
        announce(`${action.text}: ${action.state}. ${why}`);
      return el(
        'li',
        { 'data-id': action.id, 'data-state': action.state },
        el(
          'span',
          { class: 'state', 'data-state': action.state },
          action.state === 'pending' ? 'waiting …' : action.state,
        ),
        shellCode(shell(action.file, action.text)),
        action.state === 'pending'
          ? el(
              'button',
              {
                type: 'button',
                'data-key': `cancel ${action.id}`,
                'aria-label': `Cancel: ${action.text}`,
                onclick: () => cancel(action.id),
              },
              'Cancel',
            )
          : '',
        why ? el('span', { class: 'why' }, why) : null,
      );
    }),
  );
  showPanelActions();
}
