// One lot: what it is, its documents, its jobs; inspection and the decision.
import { api, byId, chip, corrected, el, facts, list, listen, part, path, say, upload, when } from './common.js';

const id = part(2);
const here = path('lots', id);

// A document that the material requires: the one that is there may have expired, or be of a lesser type.
const missing = (one) => one.asked + (one.expired ? ` (expired ${one.expired})` : one.type && one.has_type ? ` (there is a ${one.has_type})` : '');

function draw(lot) {
    document.title = byId('title').textContent = id;
    byId('state').replaceChildren(chip(lot.state));
    byId('facts').replaceChildren(...facts([
        ['Material', [lot.material, lot.material_name].filter(Boolean).join(' · ')],
        ['Quantity', lot.quantity], ['On hand', lot.on_hand],
        ['Supplier', [lot.supplier, lot.supplier_name].filter(Boolean).join(' · ')],
        ["Supplier's lot", lot.supplier_lot],
        ['Heat on stock', lot.heat], ['Heat on certificate', lot.cert_heat],
        ['Purchase order', lot.purchase_order], ['Received', when(lot.received)], ['Expires', lot.expires],
        ['Corrected', corrected(lot)],
        ['Reason', lot.reason],
        ['Required, and missing', (lot.missing_documents || []).map(missing).join(', ')],
    ]));
    byId('documents').replaceChildren(...(lot.documents || []).map((one) => el('li', {},
        el('a', { href: '/api/v1/documents/' + one.sha256, download: one.name }, one.name || one.document),
        el('span', { class: 'quiet' }, ' ' + [one.kind, one.type, one.revision,
            one.issuer, one.state === 'current' ? '' : one.state].filter(Boolean).join(', ')))));
    byId('jobs').replaceChildren(...(lot.jobs || []).map((one) => {
        const job = typeof one === 'string' ? { job: one } : one;
        return el('li', {}, el('a', { href: path('jobs', job.job) }, job.job),
            el('span', { class: 'quiet' }, ' ' + [job.machine, job.state, when(job.started), corrected(job)].filter(Boolean).join(', ')));
    }));
    byId('no-jobs').hidden = (lot.jobs || []).length > 0;
}

async function refresh() {
    try {
        draw(await api(here));
    } catch (problem) {
        say(byId('says'), problem);
    }
}
async function people() {
    const all = list(await api('/operators').catch(() => []));
    const kept = byId('by').value;
    byId('by').replaceChildren(new Option('–', ''), ...all.map((one) => new Option(one.name || one.operator, one.operator)));
    byId('by').value = kept;
}

async function act(verb, body) {
    try {
        if (byId('by').value) body.by = byId('by').value;
        const done = await api(here + '/' + verb, body);
        const match = done.match === undefined ? '' : done.match ? ' The heat numbers match.' : ' The heat numbers differ.';
        say(byId('says'), `${id}: ${done.state}.${match}`);
        await refresh();
    } catch (problem) {
        say(byId('says'), problem);
    }
}
function onSubmit(form, doIt) {
    byId(form).addEventListener('submit', (event) => {
        event.preventDefault();
        doIt(Object.fromEntries(new FormData(event.target)), event.submitter);
    });
}
onSubmit('inspect', (fields) => act('inspect', fields));
onSubmit('release', () => act('release', {}));
onSubmit('refuse', (fields, button) => act(button?.value || 'quarantine', { reason: fields.reason }));
onSubmit('attach', async () => {
    const file = byId('file').files[0];
    const query = new URLSearchParams({ name: file.name, kind: byId('kind').value });
    if (byId('issuer').value.trim()) query.set('issuer', byId('issuer').value.trim());
    try {
        await upload(`${here}/documents?${query}`, file);
        byId('attach').reset();
        say(byId('says'), file.name + ' is attached.');
        await refresh();
    } catch (problem) {
        say(byId('says'), problem);
    }
});
listen({ lot: (news) => { if (!news.lot || news.lot === id) refresh(); } }, () => {
    refresh();
    people();
});
