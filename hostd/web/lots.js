// The lots: what is there, in which state, and booking a delivery in.
import { api, byId, chip, corrected, el, list, listen, path, say, when } from './common.js';

const PAGE = 60;
let lots = [];

function card(lot) {
    return el('li', { class: 'card', 'data-lot': lot.lot }, el('div', { class: 'body' },
        el('p', { class: 'row' }, el('a', { href: path('lots', lot.lot) }, el('b', {}, lot.lot)), el('span', { class: 'push' }, chip(lot.state))),
        el('p', {}, lot.material_name || lot.material),
        el('p', {}, [lot.on_hand || lot.quantity, lot.on_hand && lot.quantity ? 'of ' + lot.quantity : ''].filter(Boolean).join(' ')),
        el('p', { class: 'quiet' }, [lot.supplier, lot.supplier_lot, when(lot.received)].filter(Boolean).join(' · ')),
        lot.corrected && el('p', { class: 'quiet' }, 'Corrected: ' + corrected(lot))));
}

function draw() {
    const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = lots.filter((lot) => {
        const text = Object.values(lot).filter((value) => typeof value === 'string').join(' ').toLowerCase();
        return words.every((word) => text.includes(word));
    });
    byId('lots').replaceChildren(...fitting.map(card));
    byId('empty').hidden = fitting.length > 0;
}

async function page(after) {
    const query = new URLSearchParams({ limit: PAGE });
    if (byId('state').value) query.set('state', byId('state').value);
    if (after) query.set('after', after);
    return list(await api('/lots?' + query));
}
async function show(after) {
    try {
        const more = await page(after);
        lots = after ? lots.concat(more) : more;
        byId('older').hidden = more.length < PAGE;
        draw();
    } catch (problem) {
        say(byId('says'), problem);
    }
}

async function suggest() {
    for (const [name, key] of [['materials', 'material'], ['suppliers', 'supplier']]) {
        const all = list(await api('/' + name).catch(() => []));
        byId(name).replaceChildren(...all.map((one) => el('option', { value: one[key] }, one.name || '')));
    }
}

byId('receive-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const filled = [...new FormData(event.target)].filter(([, value]) => value.trim());
    try {
        const made = await api('/lots', Object.fromEntries(filled));
        event.target.reset();
        say(byId('says'), [`${made.lot} is booked in: ${made.state}.`, made.what_next].filter(Boolean).join(' '));
        show();
    } catch (problem) {
        say(byId('says'), problem);
    }
});
byId('search').addEventListener('input', draw);
byId('state').addEventListener('change', () => show());
byId('older').addEventListener('click', () => show(lots[lots.length - 1]?.lot));
listen({ lot: () => show() }, () => {
    show();
    suggest();
});
