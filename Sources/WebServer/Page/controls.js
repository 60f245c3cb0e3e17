// SPDX-License-Identifier: Apache-2.0
// Forms and lists for the controls dimm, workload and faults.

const kinds = [
  'anon',
  'file',
  'shmem',
  'nonlinear',
  'mlocked',
  'thp',
  'hugetlb',
  'driver',
  'dma',
  'slab',
  'pagetable',
  'kernel',
];
const faultKinds = ['offline', 'online', 'memmap', 'stuck', 'slow', 'delay', 'lose', 'double', 'reorder', 'flood'];

/** A form whose fields become `verb key=value ...`. A field is key, label, and what else its input has. */
function form(title, file, verb, fields) {
  const preview = el('code', { class: 'shell' });
  const inputs = fields.map(([key, label, more = {}]) => {
    const { options, ...attributes } = more;
    const input = options
      ? el('select', { name: key, ...attributes }, ...options.map(option => el('option', {}, option)))
      : el('input', { name: key, autocomplete: 'off', pattern: '\\S+', ...attributes });
    return [key, el('label', {}, label, input), input];
  });
  const line = () =>
    [verb, ...inputs.filter(([, , input]) => input.value).map(([key, , input]) => `${key}=${input.value}`)].join(' ');
  const show = () => preview.replaceChildren(...shellCode(shell(file, line())).childNodes);
  const made = el(
    'form',
    {
      'aria-label': title,
      oninput: show,
      onsubmit: event => {
        event.preventDefault();
        act(file, line());
      },
    },
    el('div', { class: 'fields' }, ...inputs.map(([, label]) => label)),
    el('div', { class: 'inline' }, el('button', { class: 'main' }, title)),
    preview,
  );
  show();
  made.addEventListener('refresh', show);
  return made;
}

function makeControls() {
  const group = (title, id, ...parts) =>
    el(
      'section',
      { class: 'group', 'aria-labelledby': `${id}-title` },
      el('h3', { id: `${id}-title` }, title),
      ...parts,
      el('ul', { id, class: 'things', 'aria-labelledby': `${id}-title` }),
    );
  $('controls').append(
    group(
      'Memory devices',
      'devices',
      form('Plug', control('dimm'), 'plug', [
        ['id', 'Name', { required: true, value: 'd1' }],
        ['size', 'Size', { required: true, value: '128M' }],
        ['node', 'Node', { inputmode: 'numeric', placeholder: '0' }],
      ]),
    ),
    group(
      'Workloads',
      'workloads',
      form('Allocate', control('workload'), 'alloc', [
        ['name', 'Name', { required: true, value: 'db' }],
        ['kind', 'Kind', { options: kinds }],
        ['pages', 'Pages', { inputmode: 'numeric', value: '1000' }],
        ['order', 'Order', { inputmode: 'numeric', placeholder: '0' }],
        ['node', 'Node', { inputmode: 'numeric', placeholder: 'any' }],
        ['block', 'Block', { inputmode: 'numeric', placeholder: 'any' }],
      ]),
    ),
    group(
      'Faults',
      'faults',
      form('Set', control('faults'), 'set', [
        ['kind', 'What goes wrong', { options: faultKinds }],
        ['errno', 'Errno', { placeholder: 'EBUSY' }],
        ['next', 'Next times', { inputmode: 'numeric', placeholder: '1' }],
        ['every', 'One of', { inputmode: 'numeric' }],
        ['time', 'Time', { placeholder: '10ms' }],
        ['block', 'Blocks', { placeholder: 'any' }],
      ]),
    ),
  );
}

function showThings() {
  const things = (id, none, list) => replace($(id), list.length ? list : [el('li', { class: 'hint' }, none)]);
  const thing = (text, ...buttons) => el('li', {}, text, el('div', { class: 'inline' }, ...buttons));
  const line = (label, file, verb, name) => button(label, control(file), `${verb}=${name}`);
  things(
    'devices',
    'No device is plugged in.',
    state.devices.map(d =>
      thing(
        `${d.id}: ${bytes(Number(d.size))} on node ${d.node}, blocks ${d.blocks || 'none'}`,
        line(`Unplug ${d.id}`, 'dimm', 'unplug id', d.id),
      ),
    ),
  );
  things(
    'workloads',
    'Nothing is allocated.',
    state.workloads.map(w =>
      thing(
        `${w.name}: ${many(Number(w.pages), 'page')} (${w.kind})` +
          (w.pinned ? `, ${count(Number(w.pinned))} pinned` : '') +
          (w.stalled ? ', stalled' : ''),
        line(`Free ${w.name}`, 'workload', 'free name', w.name),
        line('Pin', 'workload', 'pin name', w.name),
        line('Unpin', 'workload', 'unpin name', w.name),
      ),
    ),
  );
  things(
    'faults',
    'Nothing goes wrong.',
    state.faults.map(f => {
      const settings = Object.entries(f)
        .filter(([key]) => !['word', 'kind', 'name', 'asked', 'hits'].includes(key))
        .map(([key, value]) => `${key}=${value}`);
      return thing(
        `${f.name}: ${f.kind}${settings.length ? ' ' + settings.join(' ') : ''}, struck ${f.hits} of ${f.asked}`,
        line(`Clear ${f.name}`, 'faults', 'clear name', f.name),
      );
    }),
  );
}
