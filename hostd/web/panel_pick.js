// The list of released lots: a tap puts a lot into the scanner's field, declaring it stays an act of its own.
import { api, byId, el, list } from './common.js';

const SHOWN = 60;

export function pick(chosen) {
    let lots = [];
    const text = (lot) => [lot.lot, lot.material, lot.material_name, lot.supplier_lot].filter(Boolean).join(' ');
    const draw = () => {
        const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
        const fitting = lots.filter((lot) => words.every((word) => text(lot).toLowerCase().includes(word)));
        byId('lots').replaceChildren(...fitting.slice(0, SHOWN).map((lot) => el('li', {},
            el('button', { type: 'button', 'data-lot': lot.lot, onclick: () => chosen(lot.lot) }, el('b', {}, lot.lot),
                el('span', { class: 'quiet' },
                    [lot.material_name || lot.material, lot.on_hand || lot.quantity].filter(Boolean).join(' · '))))));
        byId('no-lots').hidden = lots.length > 0;
    };
    byId('search').addEventListener('input', draw);
    byId('search').addEventListener('keydown', (event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        chosen(byId('search').value.trim());
        byId('search').value = '';
        draw();
    });
    return {
        refresh: async () => {
            lots = list(await api('/lots?state=released').catch(() => lots));
            draw();
        },
    };
}
