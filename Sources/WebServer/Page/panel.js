// SPDX-License-Identifier: Apache-2.0
// One block: what it is, what can be done with it, what keeps it, and its pages.

const panel = {
  block: null,
  group: null,
  from: null,
  asked: 0,

  open(block, from) {
    this.from = from ?? this.from;
    this.block = block;
    this.group = null;
    $('panel').hidden = false;
    $('panel-title').textContent = `Block ${block}`;
    $('panel-body').replaceChildren();
    this.load();
    layOut();
    $('panel-title').focus();
  },

  pick(parts, from) {
    this.from = from;
    this.block = null;
    this.group = parts;
    const [first, last] = [parts[0].first, parts.at(-1).last];
    $('panel').hidden = false;
    $('panel-title').textContent = `Blocks ${first} to ${last}`;
    const numbers = parts.flatMap(part => Array.from({ length: part.blocks }, (_, index) => part.first + index));
    $('panel-body').replaceChildren(
      el(
        'ul',
        { class: 'why-list' },
        ...parts.map(part => el('li', {}, `${part.first}-${part.last}: ${describe(part.run)}`)),
      ),
      el(
        'div',
        { class: 'pick' },
        ...numbers
          .slice(0, 512)
          .map(block =>
            el(
              'button',
              { type: 'button', 'aria-label': `Open block ${block}`, onclick: () => this.open(block) },
              `${block}`,
            ),
          ),
      ),
    );
    layOut();
    $('panel-title').focus();
  },

  close() {
    const { block, from } = this;
    $('panel').hidden = true;
    this.block = this.group = null;
    layOut();
    const grid =
      [...grids.values()].find(grid => grid.grid.contains(from)) ??
      [...grids.values()].find(grid => grid.cellOf(block) >= 0);
    if (from?.isConnected) from.focus();
    else grid?.move(grid.cursor, true);
  },

  /** Asks, unless it is asked again meanwhile. */
  async load() {
    const block = this.block,
      asked = ++this.asked;
    if (block === null) return;
    let answer = null;
    try {
      const response = await fetch(`/explain?block=${block}`);
      if (response.ok) answer = await response.json();
    } catch {
      /* The connection's state says so. */
    }
    if (asked === this.asked && block === this.block) this.show(answer);
  },

  show(answer) {
    const block = this.block,
      run = runOf(block),
      body = $('panel-body');
    if (!run) {
      body.replaceChildren(el('p', {}, 'There is no such block now.'));
      return;
    }
    const file = `${memory}${block}/state`,
      from = block * state.machine.block_size;
    const online = run.state !== 'offline';
    const facts = [
      ['State', run.state],
      ['Zone', run.zone ?? (online ? 'pages of several' : 'none')],
      ['Node', run.nodes ?? `${run.node}`],
      ['Addresses', `${hex(from)} – ${hex(from + state.machine.block_size - 1)}`],
      [
        'Pages',
        many(run.present, 'page') +
          (run.present < pagesPerBlock() ? `, ${count(pagesPerBlock() - run.present)} holes` : ''),
      ],
      ...(online
        ? [
            ['Free', count(run.free)],
            ['In use', `${count(run.movable)} can move, ${count(run.staying)} cannot`],
            ['Reserved', count(run.reserved)],
          ]
        : []),
      ...(run.broken ? [['Broken', count(run.broken)]] : []),
      ...(run.device ? [['Device', run.device]] : []),
      ...(run.avoided ? [['Scheduled', 'to go']] : []),
    ];
    const words = online ? ['offline'] : ['online', 'online_kernel', 'online_movable'];
    const others = online ? ['online', 'online_kernel', 'online_movable'] : ['offline'];
    const doing = word => [button(word, file, word), shellCode(shell(file, word), { class: 'shell' })];
    replace(body, [
      el('dl', { class: 'pairs' }, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
      el('div', { class: 'doing', id: 'panel-doing' }, ...words.flatMap(doing)),
      el(
        'details',
        { id: 'panel-others' },
        el('summary', {}, 'Other words for state'),
        el('div', { class: 'doing' }, ...others.flatMap(doing)),
      ),
      el('ol', { class: 'done', id: 'panel-done', 'aria-label': `What was asked of block ${block}` }),
      el(
        'h3',
        {},
        run.state === 'going-offline'
          ? 'Why is it not offline yet?'
          : online
            ? 'Can it go offline?'
            : 'Can it come online?',
      ),
      ...why(answer?.explanation, run.state === 'going-offline'),
      el('h3', {}, 'Its pages'),
      ...pages(answer?.pages?.pfn ?? [], block),
    ]);
    showPanelActions();
  },
};

const describe = run =>
  run.state === 'offline'
    ? 'offline'
    : `${run.state}, ${run.zone ?? 'several zones'}, ${percent((run.movable + staying(run)) / run.present)} in use`;

/** The panel has what was asked of its block, too: a write that waits is cancelled there. */
function showPanelActions() {
  const list = $('panel-done');
  if (!list) return;
  const own = state.actions.filter(action => action.file === `${memory}${panel.block}/state`).slice(-2);
  const items = [...$('done').children].filter(item => own.some(action => String(action.id) === item.dataset.id));
  replace(
    list,
    items.map(item => {
      const copy = item.cloneNode(true);
      const cancelling = copy.querySelector('button');
      if (cancelling) {
        cancelling.dataset.key += ' panel';
        cancelling.addEventListener('click', () => cancel(item.dataset.id));
      }
      return copy;
    }),
  );
}

const untils = {
  never: 'as long as the machine runs',
  removed: 'until those are removed',
  freed: 'until they are freed',
  unpinned: 'until they are unpinned',
  resumed: 'until that goes on',
  room: 'until there is room',
  allowed: 'until that is allowed',
};
const verdicts = { possible: 'Yes, now.', waits: 'It would wait.', refused: 'No, not now.', offline: 'Yes, now.' };

/** What the control explain answers, in sentences. */
function why(answer, isGoing) {
  const result = answer?.result,
    all = (name, sentence) => (answer?.[name] ?? []).map(sentence);
  const said = [
    ...all('try', line =>
      line.comes === 'done'
        ? line.zone
          ? `${line.type} would put it into ${line.zone}`
          : `${line.type} would be done`
        : line.comes === 'waits'
          ? `${line.type} would wait: ${line.reason}`
          : `${line.type} would be refused with ${errnoName(line.errno)}: ${line.reason}`,
    ),
    ...all('lock', line => `block ${line.block} holds the hotplug lock; others wait`),
    ...all(
      'holds',
      line =>
        `${line.owner} has ${many(line.pages, 'page')} (${line.kind}) from page frame ${line.pfn} on` +
        (line.why ? `: ${line.why}` : ''),
    ),
    ...all(
      'to',
      line => `${many(line.pages, 'page')} would move to node ${line.node}, ${line.zone} (distance ${line.distance})`,
    ),
    ...all('homeless', line => `${many(line.pages, 'page')} would find no place`),
    ...all('kept', line => `it is kept by ${line.by}, ${untils[line.until] ?? `until ${line.until}`}`),
  ];
  return [
    el(
      'p',
      { class: 'verdict', 'data-result': result },
      isGoing && result === 'waits' ? 'It waits.' : (verdicts[result] ?? ''),
    ),
    el('ul', { class: 'why-list', id: 'panel-why' }, ...said.map(text => el('li', {}, text))),
  ];
}

const uses = {
  free: 'free',
  stock: 'free, in a processor’s stock',
  movable: 'in use, can move',
  staying: 'in use, cannot move',
  map: 'its own memory map',
  reserved: 'reserved since boot',
  broken: 'broken',
  hole: 'no memory',
};

/** The pages in order, as a strip, and as a table. */
function pages(lines, block) {
  const runs = lines.map(line => {
    const [first, last] = String(line.pfn).split('-').map(Number);
    return { ...line, first, last: last ?? first };
  });
  if (!runs.length) return [el('p', { class: 'hint' }, 'They are in no zone.')];
  const width = Math.max(200, $('panel-body').clientWidth),
    height = 74,
    scale = devicePixelRatio || 1,
    start = block * pagesPerBlock();
  const canvas = el('canvas', {
    width: width * scale,
    height: height * scale,
    role: 'img',
    'aria-label': `${many(runs.length, 'run')} of pages; the table below lists them`,
  });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  context.scale(scale, scale);
  const look = lookOf({ state: 'online', zone: runOf(block)?.zone });
  const fill = {
    free: colours[`${look}-tint`],
    stock: colours[`${look}-tint`],
    movable: colours[look],
    staying: colours.staying,
    map: colours.device,
    reserved: colours.dim,
    broken: colours.flash,
    hole: colours.card,
  };
  // Four rows, from left to right as one reads.
  const rows = 4,
    perRow = pagesPerBlock() / rows;
  const paint = run => {
    for (let row = Math.floor((run.first - start) / perRow); row <= Math.floor((run.last - start) / perRow); row += 1) {
      const from = Math.max(run.first - start - row * perRow, 0),
        to = Math.min(run.last + 1 - start - row * perRow, perRow);
      context.fillStyle = fill[run.use] ?? colours.dim;
      const wide = Math.max(4, ((to - from) / perRow) * width);
      context.fillRect(Math.min((from / perRow) * width, width - wide), row * 19, wide, 16);
    }
  };
  // What is in use comes after what is free, and what is rare last, so that a single page is seen.
  const isFree = run => ['free', 'stock', 'hole'].includes(run.use);
  [...runs]
    .sort((one, other) => isFree(other) - isFree(one) || other.last - other.first - (one.last - one.first))
    .forEach(paint);
  const sums = new Map();
  for (const run of runs) sums.set(run.use, (sums.get(run.use) ?? 0) + run.last - run.first + 1);
  const keyed = [...sums].map(([use, number]) => {
    const swatch = el('canvas', { width: 12, height: 12, 'aria-hidden': 'true' }),
      brush = swatch.getContext('2d');
    brush.fillStyle = fill[use] ?? colours.dim;
    brush.fillRect(0, 0, 12, 12);
    brush.strokeStyle = colours.dim;
    brush.strokeRect(0.5, 0.5, 11, 11);
    return el('li', {}, swatch, `${uses[use] ?? use}: ${count(number)}`);
  });
  const shown = runs.slice(0, 300);
  return [
    el('div', { class: 'strip' }, canvas),
    el('ul', { class: 'legend' }, ...keyed),
    el(
      'details',
      { id: 'panel-pages' },
      el('summary', {}, `${many(runs.length, 'run')} of pages as a table`),
      el(
        'div',
        { class: 'scroll tall', tabindex: '0', role: 'region', 'aria-label': 'Runs of pages' },
        el(
          'table',
          {},
          el(
            'thead',
            {},
            el(
              'tr',
              {},
              ...['Page frames', 'What', 'Type', 'Order', 'Whose'].map(name => el('th', { scope: 'col' }, name)),
            ),
          ),
          el(
            'tbody',
            {},
            ...shown.map(run =>
              el(
                'tr',
                {},
                el('td', { class: 'mono' }, run.first === run.last ? `${run.first}` : `${run.first}-${run.last}`),
                el('td', {}, uses[run.use] ?? run.use),
                el('td', {}, run.type ?? ''),
                el('td', {}, run.order ?? ''),
                el('td', {}, [run.owner, run.kind, run.pinned && 'pinned'].filter(Boolean).join(', ')),
              ),
            ),
          ),
        ),
      ),
      runs.length > shown.length ? el('p', { class: 'hint' }, `The first ${shown.length}.`) : null,
    ),
  ];
}
