// History: pictures before tables. One machine's jobs (/machines/<id>/jobs), or all (/jobs).
import { api, byId, chip, corrected, el, lasted, list, listen, lotNames, number, part, path, say, when } from './common.js';

const PAGE = 24;
const machine = part(1) === 'machines' ? part(2) : '';
let oldest = null;

function card(job) {
    const lasts = job.started && job.ended ? lasted(new Date(job.ended) - new Date(job.started)) : '';
    return el('li', { class: 'card', 'data-job': job.job },
        el('a', { href: path('jobs', job.job) },
            el('img', { src: `/api/v1${path('jobs', job.job)}/path.svg`, alt: 'Path of ' + job.job, loading: 'lazy' })),
        el('div', { class: 'body' },
            el('p', { class: 'row' }, el('a', { href: path('jobs', job.job) }, el('b', {}, job.job)),
                el('span', { class: 'push' }, chip(job.state))),
            el('p', {}, lotNames(job.lots) || 'no material'),
            el('p', { class: 'quiet' }, [machine ? '' : job.machine, when(job.started || job.held), job.operator].filter(Boolean).join(' · ')),
            job.corrected && el('p', { class: 'quiet' }, 'Corrected: ' + corrected(job)),
            el('p', { class: 'quiet number' },
                [job.lines ? number(job.lines) + ' lines' : '', lasts, job.record].filter(Boolean).join(' · '))));
}

async function page(after) {
    const query = new URLSearchParams({ limit: PAGE });
    if (machine) query.set('machine', machine);
    if (after) query.set('after', after);
    return list(await api('/jobs?' + query));
}

async function show(after) {
    try {
        const jobs = await page(after);
        const cards = jobs.map(card);
        if (after) byId('jobs').append(...cards);
        else byId('jobs').replaceChildren(...cards);
        oldest = jobs.length ? jobs[jobs.length - 1].job : oldest;
        byId('older').hidden = jobs.length < PAGE;
        byId('empty').hidden = byId('jobs').children.length > 0;
        say(byId('says'), '');
    } catch (problem) {
        say(byId('says'), problem);
    }
}

if (machine) {
    byId('title').textContent = 'Jobs of ' + machine;
    document.title = 'Jobs of ' + machine;
    byId('panel').href = path('panel', machine);
    byId('panel').hidden = false;
}
byId('older').addEventListener('click', () => show(oldest));
listen({ job: () => show() }, () => show());
