// One job: its picture, what is known of it, and notes.
import { api, byId, chip, corrected, el, facts, lasted, list, listen, lotNames, number, part, path, say, when } from './common.js';

const id = part(2);
const millimetres = (um) => (um === undefined || um === null ? '' : number(um / 1000, 1) + ' mm');

function links(job) {
    return (job.lots || []).map((one, index) => el('span', {}, index ? ', ' : '',
        el('a', { href: path('lots', one.lot) }, one.lot), one.quantity ? ` (${one.quantity})` : ''));
}

async function refresh() {
    try {
        const job = await api(path('jobs', id));
        document.title = byId('title').textContent = id;
        byId('state').replaceChildren(chip(job.state));
        byId('picture').src = `/api/v1${path('jobs', id)}/path.svg`;
        byId('picture').alt = `Path of ${id}, ${lotNames(job.lots)}`;
        byId('back').href = path('machines', job.machine, 'jobs');
        byId('back').textContent = 'Jobs of ' + job.machine;
        byId('facts').replaceChildren(...facts([
            ['Material', job.lots?.length ? el('span', {}, ...links(job)) : ''],
            ['Operator', job.operator],
            ['Machine', [job.machine, job.serial_number].filter(Boolean).join(' · ')],
            ['Record', job.record], ['Order', job.order], ['Product', job.product],
            ['Corrected', corrected(job)], ['Reason', job.reason],
            ['Started', when(job.started)], ['Ended', when(job.ended)],
            ['Time', job.started && job.ended ? lasted(new Date(job.ended) - new Date(job.started)) : ''],
            ['Lines', job.lines ? `${number(job.lines)} (${number(job.bytes)} bytes)` : ''],
            ['Worked', millimetres(job.work_um)], ['Rapid', millimetres(job.rapid_um)],
            ['Errors', job.errors ? number(job.errors) : ''], ['Pauses', job.pauses ? number(job.pauses) : ''],
            ['SHA-256', job.sha256],
        ]));
        await notes();
        say(byId('says'), '');
    } catch (problem) {
        say(byId('says'), problem);
    }
}

async function notes() {
    const all = list(await api('/notes?subject=' + encodeURIComponent(id)));
    byId('notes').replaceChildren(...all.map((note) =>
        el('li', {}, note.text, el('span', { class: 'quiet' }, ' ' + [when(note.at), note.by, corrected(note)].filter(Boolean).join(', ')))));
}

byId('note-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
        await api('/notes', { subject: id, text: byId('note').value });
        byId('note').value = '';
        await notes();
    } catch (problem) {
        say(byId('says'), problem);
    }
});
listen({ job: (news) => { if (!news.job || news.job === id) refresh(); } }, refresh);
