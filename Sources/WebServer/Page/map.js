// SPDX-License-Identifier: Apache-2.0
// The map of a node's blocks: how it is laid out, drawn, and walked through by keyboard.

const zoneLook = {
  DMA: ['dma', 'D'],
  DMA32: ['dma32', '3'],
  Normal: ['normal', 'N'],
  Movable: ['movable', 'M'],
  HighMem: ['highmem', 'H'],
  Device: ['device', 'V'],
};
const lookOf = run =>
  run.state === 'offline' ? 'offline' : run.zone ? (zoneLook[run.zone] ?? zoneLook.Device)[0] : 'several';
const letterOf = run => (run.state === 'offline' ? '' : run.zone ? (zoneLook[run.zone] ?? zoneLook.Device)[1] : '*');
const staying = run => run.staying + run.reserved + run.broken;
const pagesPerBlock = () => state.machine.block_size / state.machine.page_size;
const size = run => run.last - run.first + 1;
const percent = part => (part > 0 && part < 0.01 ? 'under 1 %' : `${Math.round(part * 100)} %`);

function runOf(block) {
  let low = 0,
    high = state.runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (state.runs[middle].last < block) low = middle + 1;
    else high = middle;
  }
  return state.runs[low]?.first <= block ? state.runs[low] : undefined;
}

let colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  colours = Object.fromEntries(
    [...Object.values(zoneLook).map(([name]) => name), 'several']
      .flatMap(name => [name, `${name}-tint`])
      .concat(['offline', 'staying', 'text', 'card', 'flash', 'line', 'dim', 'soft', 'accent'])
      .map(name => [name, style.getPropertyValue(`--${name}`).trim()]),
  );
}

/** Draws what stands for blocks: as high as their use, what cannot move below; letters and marks say what colours do. */
function drawCell(context, x, y, side, group) {
  const gap = side > 9 ? 2 : 1,
    s = side - gap;
  if (group.offline === group.blocks) {
    context.strokeStyle = colours.offline;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, s - 1, s - 1);
    if (s >= 6) {
      context.beginPath();
      context.moveTo(x + 1, y + s - 1);
      context.lineTo(x + s - 1, y + 1);
      context.stroke();
    }
    return;
  }
  const look = group.look;
  context.fillStyle = colours[`${look}-tint`];
  context.fillRect(x, y, s, s);
  const part = pages => (pages > 0 ? Math.max(1, Math.round((s * pages) / group.present)) : 0);
  const stays = Math.min(s, part(group.staying)),
    moves = Math.min(s - stays, part(group.movable));
  context.fillStyle = colours[look];
  context.fillRect(x, y + s - stays - moves, s, moves);
  context.fillRect(x, y + s - stays, s, stays);
  if (stays) {
    // Dots in what cannot move.
    context.fillStyle = colours.card;
    for (let row = y + s - 2; row >= y + s - stays && s >= 9; row -= 4)
      for (let column = x + 2; column < x + s - 1; column += 4) context.fillRect(column, row, 1, 1);
  }
  context.strokeStyle = colours[look];
  context.lineWidth = 1;
  if (s >= 6) context.strokeRect(x + 0.5, y + 0.5, s - 1, s - 1);
  if (s >= 16) {
    context.font = `600 ${Math.min(13, s - 6)}px system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineWidth = 3;
    context.strokeStyle = colours[`${look}-tint`];
    context.fillStyle = colours.text;
    context.strokeText(group.letter, x + s / 2, y + s / 2 + 0.5);
    context.fillText(group.letter, x + s / 2, y + s / 2 + 0.5);
  } else if (s >= 6 && look === 'movable') {
    context.fillStyle = colours[look];
    context.beginPath();
    context.moveTo(x + s, y);
    context.lineTo(x + s, y + s / 2);
    context.lineTo(x + s / 2, y);
    context.fill();
  }
  if (group.going || (group.offline && s >= 4)) {
    context.strokeStyle = group.going ? colours.flash : colours.offline;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x + 1, y + s - 1);
    context.lineTo(x + s - 1, y + 1);
    if (group.going) {
      context.moveTo(x + 1, y + s / 2);
      context.lineTo(x + s / 2, y + 1);
      context.moveTo(x + s / 2, y + s - 1);
      context.lineTo(x + s - 1, y + s / 2);
    }
    context.stroke();
  }
}

/** A node's blocks as a grid: what is seen is a canvas; the cell that has the focus is an element over it, with a name. */
class NodeGrid {
  constructor(id) {
    this.id = id;
    this.cursor = 0;
    this.flashes = new Map();
    this.facts = el('p', { class: 'hint' });
    this.canvas = el('canvas', { 'aria-hidden': 'true' });
    this.row = el('div', { role: 'row' });
    this.grid = el(
      'div',
      { class: 'grid', role: 'grid', 'aria-label': `Memory blocks of node ${id}`, 'aria-readonly': 'true' },
      this.canvas,
      this.row,
    );
    this.section = el(
      'section',
      { class: 'node', 'data-node': id, 'aria-labelledby': `node-${id}` },
      el('h3', { id: `node-${id}` }, `Node ${id}`),
      this.facts,
      this.grid,
    );
    this.grid.addEventListener('keydown', event => this.key(event));
    this.canvas.addEventListener('click', event => {
      const cell = this.cellAt(event);
      if (cell >= 0) {
        this.move(cell, true);
        this.open();
      }
    });
    this.canvas.addEventListener('mousemove', event => {
      const cell = this.cellAt(event);
      this.canvas.title = cell >= 0 ? this.label(cell) : '';
    });
  }

  /** Takes the runs of this node, and finds how large a cell can be and how many blocks it stands for. */
  lay(runs, width) {
    this.runs = runs;
    this.starts = [];
    this.total = 0;
    for (const run of runs) {
      this.starts.push(this.total);
      this.total += size(run);
    }
    this.blocksPerCell = 1;
    while (this.total / this.blocksPerCell > 2048) this.blocksPerCell *= 2;
    this.cells = Math.ceil(this.total / this.blocksPerCell);
    const fits = side => {
      const columns = Math.max(1, Math.floor(width / side));
      return Math.ceil(this.cells / columns) * side <= 190;
    };
    this.side = [34, 28, 24, 20, 16, 13, 11, 9].find(fits) ?? 8;
    let columns = Math.max(1, Math.floor(width / this.side));
    const round = 2 ** Math.floor(Math.log2(columns)); // Rows begin with round numbers where there is room for that.
    if (round >= columns * 0.6 && this.cells > round) columns = round;
    this.columns = Math.min(columns, Math.max(1, this.cells));
    this.rows = Math.ceil(this.cells / this.columns);
    this.grid.setAttribute('aria-rowcount', this.rows);
    this.grid.setAttribute('aria-colcount', this.columns);
    this.grid.hidden = this.cells === 0;
    this.cursor = Math.min(this.cursor, Math.max(0, this.cells - 1));
  }

  /** The blocks of a cell, as parts of runs. */
  parts(cell) {
    let from = cell * this.blocksPerCell;
    const end = Math.min(this.total, from + this.blocksPerCell),
      found = [];
    let low = 0,
      high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= from) low = middle + 1;
      else high = middle;
    }
    for (let index = low - 1; from < end && index < this.runs.length; index += 1) {
      const run = this.runs[index],
        first = run.first + from - this.starts[index];
      const last = Math.min(run.last, first + end - from - 1);
      found.push({ run, first, last, blocks: last - first + 1 });
      from += last - first + 1;
    }
    return found;
  }

  group(cell) {
    const parts = this.parts(cell),
      group = {
        blocks: 0,
        offline: 0,
        going: 0,
        present: 0,
        movable: 0,
        staying: 0,
        first: parts[0].first,
        last: parts.at(-1).last,
      };
    const looks = new Set();
    for (const { run, blocks } of parts) {
      group.blocks += blocks;
      if (run.state === 'offline') {
        group.offline += blocks;
        continue;
      }
      if (run.state === 'going-offline') group.going += blocks;
      group.present += run.present * blocks;
      group.movable += run.movable * blocks;
      group.staying += staying(run) * blocks;
      looks.add(lookOf(run));
      group.letter = letterOf(run);
      group.zone = run.zone ?? 'pages of several zones';
    }
    if (looks.size > 1) {
      group.letter = '*';
      group.zone = 'several zones';
    }
    group.look = looks.size === 1 ? [...looks][0] : looks.size ? 'several' : 'offline';
    return group;
  }

  label(cell) {
    const group = this.group(cell);
    const name = group.blocks === 1 ? `Block ${group.first}` : `Blocks ${group.first} to ${group.last}`;
    const is =
      group.offline === group.blocks
        ? 'offline'
        : group.going === group.blocks
          ? 'going-offline'
          : group.offline
            ? `${group.offline} of ${group.blocks} offline`
            : 'online';
    if (group.offline === group.blocks) return `${name}, ${is}`;
    const device = group.blocks === 1 ? this.parts(cell)[0].run.device : null;
    return (
      `${name}, ${is}, ${group.zone}, ${percent((group.movable + group.staying) / group.present)} in use` +
      (group.staying ? `, ${percent(group.staying / group.present)} cannot move` : '') +
      (device ? `, device ${device}` : '')
    );
  }

  draw() {
    const scale = devicePixelRatio || 1,
      width = this.columns * this.side,
      height = this.rows * this.side;
    this.canvas.width = width * scale;
    this.canvas.height = height * scale;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const context = this.canvas.getContext('2d');
    context.scale(scale, scale);
    const now = performance.now();
    for (let cell = 0; cell < this.cells; cell += 1) {
      const x = (cell % this.columns) * this.side,
        y = Math.floor(cell / this.columns) * this.side;
      drawCell(context, x, y, this.side, this.group(cell));
    }
    for (const [cell, until] of this.flashes) {
      if (until <= now || cell >= this.cells) {
        this.flashes.delete(cell);
        continue;
      }
      context.globalAlpha = calm.matches ? 1 : Math.min(1, (until - now) / 900);
      context.strokeStyle = colours.flash;
      context.lineWidth = this.side > 12 ? 3 : 2;
      context.strokeRect(
        (cell % this.columns) * this.side,
        Math.floor(cell / this.columns) * this.side,
        this.side - 1,
        this.side - 1,
      );
      context.globalAlpha = 1;
    }
    if (this.flashes.size && !this.isTurning) {
      this.isTurning = true;
      const again = () => {
        this.isTurning = false;
        this.draw();
      };
      if (calm.matches) setTimeout(again, 1600);
      else setTimeout(() => requestAnimationFrame(again), 60);
    }
  }

  show() {
    const node = state.machine.nodes.find(node => node.id === this.id),
      page = state.machine.page_size;
    this.facts.textContent = node
      ? `${bytes(node.present * page)} online, ${bytes(node.free * page)} free` +
        (node.cpus ? `, CPUs ${node.cpus}` : ', no CPUs')
      : 'offline';
    if (this.cells) {
      this.draw();
      this.place();
    }
  }

  /** Puts the element over the cursor's cell. */
  place() {
    const old = this.row.firstChild,
      label = this.label(this.cursor);
    const chosen =
      panel.block !== null &&
      this.parts(this.cursor).some(part => part.first <= panel.block && panel.block <= part.last);
    const fit = cell => {
      cell.className = chosen ? 'cell chosen' : 'cell';
      cell.style.left = `${(this.cursor % this.columns) * this.side}px`;
      cell.style.top = `${Math.floor(this.cursor / this.columns) * this.side}px`;
      cell.style.width = cell.style.height = `${this.side - (this.side > 9 ? 2 : 1)}px`;
      cell.setAttribute('aria-label', label);
      cell.setAttribute('aria-selected', chosen);
      cell.setAttribute('aria-colindex', (this.cursor % this.columns) + 1);
      this.row.setAttribute('aria-rowindex', Math.floor(this.cursor / this.columns) + 1);
      return cell;
    };
    if (old && Number(old.dataset.cell) === this.cursor) {
      fit(old);
      return;
    }
    // A new element, so that a screen reader says what it stands for.
    const cell = fit(el('div', { role: 'gridcell', tabindex: '0', 'data-cell': this.cursor }));
    const hadFocus = old === document.activeElement && old;
    this.row.append(cell);
    if (hadFocus) cell.focus();
    old?.remove();
  }

  move(cell, focus) {
    this.cursor = Math.max(0, Math.min(this.cells - 1, cell));
    this.place();
    if (focus) this.row.firstChild.focus({ preventScroll: true });
  }

  key(event) {
    const row = Math.floor(this.cursor / this.columns) * this.columns;
    const moves = {
      ArrowLeft: this.cursor - 1,
      ArrowRight: this.cursor + 1,
      ArrowUp: this.cursor - this.columns,
      ArrowDown: this.cursor + this.columns,
      Home: event.ctrlKey ? 0 : row,
      End: event.ctrlKey ? this.cells - 1 : row + this.columns - 1,
      PageUp: this.cursor - 8 * this.columns,
      PageDown: this.cursor + 8 * this.columns,
    };
    if (event.key in moves) {
      const to = moves[event.key];
      if (event.key.startsWith('Arrow') && (to < 0 || to >= this.cells)) {
        event.preventDefault();
        return;
      }
      this.move(to, true);
    } else if (event.key === 'Enter' || event.key === ' ') this.open();
    else return;
    event.preventDefault();
  }

  open() {
    const parts = this.parts(this.cursor),
      from = this.row.firstChild;
    if (this.blocksPerCell === 1) panel.open(parts[0].first, from);
    else panel.pick(parts, from);
  }

  cellAt(event) {
    const column = Math.floor(event.offsetX / this.side),
      row = Math.floor(event.offsetY / this.side),
      cell = row * this.columns + column;
    return column < this.columns && cell < this.cells ? cell : -1;
  }

  cellOf(block) {
    const index = this.runs.findIndex(run => run.first <= block && block <= run.last);
    return index < 0 ? -1 : Math.floor((this.starts[index] + block - this.runs[index].first) / this.blocksPerCell);
  }

  /** What changed is seen for a moment. */
  flash(changed) {
    for (const [first, last] of changed)
      for (const block of first === last ? [first] : [first, last]) {
        const cell = this.cellOf(block);
        if (cell < 0) continue;
        const end = first === last ? cell : Math.max(cell, this.cellOf(last));
        for (let each = cell; each <= end; each += 1) this.flashes.set(each, performance.now() + 1500);
        break;
      }
  }
}

const grids = new Map();

function showMap(changed = []) {
  if (!state.machine) return;
  const width = $('nodes').clientWidth;
  const perNode = new Map(state.machine.nodes.map(node => [node.id, []]));
  for (const run of state.runs) {
    if (!perNode.has(run.node)) perNode.set(run.node, []);
    perNode.get(run.node).push(run);
  }
  const ids = [...perNode.keys()].sort((one, other) => one - other);
  for (const [id, grid] of grids)
    if (!perNode.has(id)) {
      grid.section.remove();
      grids.delete(id);
    }
  let scale = 1;
  ids.forEach((id, index) => {
    if (!grids.has(id)) {
      const grid = new NodeGrid(id);
      grids.set(id, grid);
      $('nodes').insertBefore(grid.section, $('nodes').children[index] ?? null);
    }
    const grid = grids.get(id);
    grid.lay(perNode.get(id), width);
    grid.flash(changed);
    grid.show();
    scale = Math.max(scale, grid.blocksPerCell);
  });
  $('map-scale').textContent = scale > 1 ? `A cell stands for up to ${scale} blocks.` : '';
  if ($('map-table').open) showRuns();
}

function showRuns() {
  const shown = state.runs.slice(0, 1000);
  replace(
    $('runs'),
    shown.map(run => {
      const name = run.first === run.last ? `${run.first}` : `${run.first}-${run.last}`;
      return el(
        'tr',
        {},
        el(
          'td',
          {},
          el(
            'button',
            {
              type: 'button',
              'data-key': `run ${run.first}`,
              'aria-label': `Open block ${run.first}`,
              onclick: event => panel.open(run.first, event.currentTarget),
            },
            name,
          ),
        ),
        el('td', {}, run.nodes ?? `${run.node}`),
        el('td', {}, run.state),
        el('td', {}, run.zone ?? (run.state === 'offline' ? '' : 'several')),
        ...[run.present, run.free, run.movable, run.staying, run.reserved, run.broken].map(number =>
          el('td', { class: 'n' }, count(number)),
        ),
        el('td', {}, run.device ?? ''),
      );
    }),
  );
  $('runs-more').textContent =
    state.runs.length > shown.length ? `The first ${count(shown.length)} of ${count(state.runs.length)} runs.` : '';
}

function showLegend() {
  const example = (run, text) => {
    const scale = devicePixelRatio || 1,
      canvas = el('canvas', { width: 20 * scale, height: 20 * scale, 'aria-hidden': 'true' });
    canvas.style.width = canvas.style.height = '20px';
    const context = canvas.getContext('2d');
    context.scale(scale, scale);
    const full = { present: 100, movable: 0, staying: 0, reserved: 0, broken: 0, state: 'online', ...run };
    drawCell(context, 0, 0, 20, {
      blocks: 1,
      offline: full.state === 'offline' ? 1 : 0,
      going: full.state === 'going-offline' ? 1 : 0,
      present: 100,
      movable: full.movable,
      staying: staying(full),
      look: lookOf(full),
      letter: letterOf(full),
    });
    return el('li', {}, canvas, text);
  };
  const zones = Object.keys(zoneLook).filter(zone =>
    state.machine.nodes.some(node => node.zones.some(own => own.name === zone)),
  );
  $('legend').replaceChildren(
    ...zones.map(zone => example({ zone }, zone)),
    example({}, 'pages of several zones'),
    example({ zone: zones.at(-1) ?? 'Normal', movable: 50 }, 'half in use, can move'),
    example({ zone: zones.at(-1) ?? 'Normal', staying: 50 }, 'half in use, cannot'),
    example({ zone: zones.at(-1) ?? 'Normal', state: 'going-offline' }, 'going offline'),
    example({ state: 'offline' }, 'offline'),
  );
}
