// SPDX-License-Identifier: Apache-2.0
// What the server tells, and where the page begins. It is the last part of the script.

let isLaid = false;
const later = (() => {
  // Several parts come at once; the page is drawn once.
  const due = new Set();
  return draw => {
    if (!due.size)
      setTimeout(() => {
        const all = [...due];
        due.clear();
        all.forEach(each => each());
      }, 0);
    due.add(draw);
  };
})();
let changed = [];
const drawMap = () => {
  showMap(changed);
  changed = [];
};
const drawAll = () => {
  if (!state.machine) return;
  readColours();
  showMachine();
  showLegend();
  drawMap();
  showZones();
  showFree();
  panel.load();
};
const reload = () => panel.load();
function layOut() {
  showMap();
}

function takeBlocks({ at, removed, runs }) {
  const old = state.runs.splice(at, removed, ...runs);
  if (isLaid) {
    // A block changed if it is in no run that is as it was.
    const was = new Map(old.map(run => [JSON.stringify({ ...run, first: 0, last: 0 }), run]));
    for (const run of runs) {
      const same = was.get(JSON.stringify({ ...run, first: 0, last: 0 }));
      if (!same) changed.push([run.first, run.last]);
      else if (run.first < same.first && run.last <= same.last)
        changed.push([run.first, Math.min(run.last, same.first - 1)]);
      else if (run.last > same.last && run.first >= same.first)
        changed.push([Math.max(run.first, same.last + 1), run.last]);
    }
    changed = changed.filter(([first, last]) => last - first < 64);
  }
  isLaid = true;
  later(drawMap);
  later(showMachine);
  later(showZones);
  later(reload);
}

function takeEvents(events) {
  const last = state.events.at(-1)?.number ?? 0,
    isFirst = state.events.length === 0;
  const fresh = events.filter(event => event.number > last);
  if (!fresh.length) return;
  if (!isFirst && fresh[0].number > last + 1)
    announce(`Events ${last + 1} to ${fresh[0].number - 1} are no longer kept`);
  state.events = state.events.concat(fresh).slice(-5000);
  later(() => showEvents(isFirst ? Infinity : last));
  if (isFirst) return;
  const states = fresh.filter(event => event.kind === 'state').map(event => event.words);
  if (states.length)
    announce(states.slice(-3).join('; ') + (states.length > 3 ? `; and ${states.length - 3} more` : ''));
  later(reload);
}

function connect() {
  const source = new EventSource('/stream');
  const on = (name, take) => source.addEventListener(name, message => take(JSON.parse(message.data)));
  const tell = (how, words) => {
    $('connection').dataset.state = how;
    $('connection').textContent = words;
  };
  on('begin', () => {
    state.runs = [];
    isLaid = false;
    tell('live', 'live');
  });
  on('machine', machine => {
    const isFirst = state.machine === null;
    state.machine = machine;
    if (isFirst) for (const each of document.querySelectorAll('form')) each.dispatchEvent(new Event('refresh'));
    later(showMachine);
    later(showLegend);
    later(drawMap);
    later(showZones);
  });
  on('blocks', takeBlocks);
  on('free', free => {
    state.free = free;
    later(showFree);
  });
  for (const name of ['workloads', 'devices', 'faults'])
    on(name, list => {
      state[name] = list;
      later(showThings);
      later(reload);
    });
  on('actions', actions => {
    state.actions = actions;
    later(showActions);
  });
  on('events', takeEvents);
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) {
      tell('gone', 'the server does not let this page in: open it with its address, or close others, if many look');
      return;
    }
    tell('gone', 'no connection: the machine or its server may have ended');
  });
}

readColours();
makeControls();
makeFilters();
$('map-table').addEventListener('toggle', showRuns);
$('panel-close').addEventListener('click', () => panel.close());
document.addEventListener('keydown', event => {
  if (event.key === 'Escape' && !$('panel').hidden) panel.close();
});
$('goto').addEventListener('submit', event => {
  event.preventDefault();
  const block = Number($('goto-block').value);
  if (!runOf(block)) {
    announce(`There is no block ${block}`);
    $('goto-block').setCustomValidity(`There is no block ${block}`);
    $('goto-block').reportValidity();
    return;
  }
  const grid = grids.get(runOf(block).node);
  grid.move(grid.cellOf(block), false);
  panel.open(block, $('goto-block'));
});
$('goto-block').addEventListener('input', () => $('goto-block').setCustomValidity(''));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
new ResizeObserver(() => {
  later(drawMap);
  later(reload);
}).observe(document.querySelector('main'));
connect();
