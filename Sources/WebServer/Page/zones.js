// SPDX-License-Identifier: Apache-2.0
// The machine, its zones and their free lists.

function showMachine() {
  const machine = state.machine,
    page = machine.page_size;
  const total = state.runs.reduce((sum, run) => sum + run.present * size(run), 0);
  const online = machine.nodes.reduce((sum, node) => sum + node.present, 0);
  const free = machine.nodes.reduce((sum, node) => sum + node.free, 0);
  const facts = [
    ['Machine', `${machine.architecture}, ${machine.abi}`],
    ['Memory online', `${bytes(online * page)} of ${bytes(total * page)}`],
    ['Free', bytes(free * page)],
    ['Blocks', `${count(machine.blocks)} of ${bytes(machine.block_size)}`],
    ['Pages', bytes(page)],
    ['Nodes', machine.nodes.map(node => node.id).join(', ')],
    ['Tree', machine.root || '/'],
  ];
  $('facts').replaceChildren(...facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
  document.title = `hotmem ${machine.root}`;
}

function showZones() {
  const page = state.machine.page_size,
    block = pagesPerBlock();
  const zones = state.machine.nodes.flatMap(node => node.zones.map(zone => ({ node: node.id, ...zone })));
  const first = state.runs.length ? state.runs[0].first * block : 0;
  const end = Math.max(
    state.runs.length ? (state.runs.at(-1).last + 1) * block : 1,
    ...zones.map(zone => zone.start_pfn + zone.spanned),
  );
  const place = (element, from, to) => {
    element.style.left = `${((from - first) / (end - first)) * 100}%`;
    element.style.width = `${((to - from) / (end - first)) * 100}%`;
    return element;
  };
  $('span-from').textContent = hex(first * page);
  $('span-to').textContent = hex(end * page);
  $('zones').replaceChildren(
    ...zones.map(zone => {
      const span = place(el('i'), zone.start_pfn, zone.start_pfn + zone.spanned);
      span.style.background = colours[(zoneLook[zone.name] ?? zoneLook.Device)[0]];
      // What of the span is not the zone's: holes, and blocks of other zones.
      const strangers = [];
      let at = zone.start_pfn;
      const stop = zone.start_pfn + zone.spanned;
      for (const run of state.runs) {
        const from = Math.max(run.first * block, at),
          to = Math.min((run.last + 1) * block, stop);
        if (to <= at || from >= stop || strangers.length > 400) continue;
        if (from > at) strangers.push(place(el('b'), at, from));
        if ((run.zone && run.zone !== zone.name) || run.state === 'offline' || (run.node !== zone.node && !run.nodes))
          strangers.push(place(el('b'), from, to));
        at = to;
      }
      if (at < stop) strangers.push(place(el('b'), at, stop));
      return el(
        'tr',
        {},
        el('td', {}, `${zone.node}`),
        el('td', {}, zone.name),
        el('td', { class: 'wide' }, el('div', { class: 'bar', 'aria-hidden': 'true' }, span, ...strangers)),
        el('td', { class: 'mono' }, hex(zone.start_pfn * page)),
        el('td', { class: 'mono' }, hex((zone.start_pfn + zone.spanned) * page - 1)),
        el('td', { class: 'n' }, bytes(zone.present * page)),
        el('td', { class: 'n' }, bytes(zone.free * page)),
      );
    }),
  );
}

function showFree() {
  const zones = state.free.filter(zone => zone.lists.some(list => list.counts.some(number => number > 0)));
  const short = number => (number >= 10000 ? `${Math.floor(number / 1000)}k` : `${number}`);
  $('free').replaceChildren(
    ...zones.map((zone, index) => {
      const used = zone.lists.filter(list => list.counts.some(number => number > 0)),
        most = Math.log2(1 + Math.max(...used.flatMap(list => list.counts)));
      const empty = zone.lists.filter(list => !used.includes(list)).map(list => list.type);
      return el(
        'section',
        { 'aria-labelledby': `free-${index}` },
        el('h3', { id: `free-${index}` }, `Node ${zone.node}, ${zone.zone}`),
        el(
          'div',
          { class: 'scroll', tabindex: '0', role: 'region', 'aria-labelledby': `free-${index}` },
          el(
            'table',
            { 'data-node': zone.node, 'data-zone': zone.zone },
            el(
              'caption',
              { class: 'unseen' },
              `Free chunks of node ${zone.node}, zone ${zone.zone}, for each migrate type and order`,
            ),
            el(
              'thead',
              {},
              el(
                'tr',
                {},
                el('th', { scope: 'col' }, 'Order'),
                ...used[0].counts.map((_, order) => el('th', { scope: 'col' }, `${order}`)),
              ),
            ),
            el(
              'tbody',
              {},
              ...used.map(list =>
                el(
                  'tr',
                  { 'data-type': list.type },
                  el('th', { scope: 'row' }, list.type),
                  ...list.counts.map((number, order) => {
                    const bar = el('i'),
                      more = list.more.includes(order) ? 'over ' : '';
                    bar.style.height = number ? `${Math.max(6, (Math.log2(1 + number) / most) * 100)}%` : '0';
                    return el(
                      'td',
                      {
                        class: number ? null : 'zero',
                        title: `${more}${many(number, 'chunk')} of ${bytes(state.machine.page_size * 2 ** order)}`,
                        'data-count': number,
                      },
                      el('div', { class: 'stick', 'aria-hidden': 'true' }, bar),
                      more ? `>${short(number)}` : short(number),
                    );
                  }),
                ),
              ),
            ),
          ),
        ),
        empty.length ? el('p', { class: 'hint' }, `None of ${empty.join(', ')}.`) : null,
      );
    }),
  );
}
