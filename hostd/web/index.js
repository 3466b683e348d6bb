// The office's start page: a card for each machine.
import { api, byId, el, lasted, listen, lotNames, number, path, say, stateWords } from './common.js';

const machines = new Map();

function progress(machine) {
    const job = machine.job;
    if (!job) return machine.text || machine.what_to_do || stateWords[machine.state]?.[1] || '';
    return `${job.job}: ${number(job.lines)} lines, ${number(job.work_mm)} mm, ${lasted(Date.now() - new Date(job.started))}`;
}

function card(machine) {
    const id = machine.machine;
    const lots = lotNames(machine.declaration?.lots);
    return el('li', { class: 'card ' + machine.state, 'data-machine': id },
        el('div', { class: 'stripe' }, stateWords[machine.state]?.[0] || machine.state),
        el('div', { class: 'body' },
            el('h2', {}, machine.name || id),
            el('p', { class: 'quiet' }, [machine.kind, machine.serial_number].filter(Boolean).join(' · ')),
            el('p', {}, progress(machine)),
            lots ? el('p', {}, 'Material: ' + lots) : ''),
        el('p', { class: 'row acts' },
            machine.configured === false ? '' : el('a', { class: 'button', href: path('panel', id) }, 'Panel'),
            el('a', { class: 'button', href: path('machines', id, 'jobs') }, 'History')));
}

function draw(machine) {
    const known = machines.get(machine.machine);
    machines.set(machine.machine, { ...known, ...machine });
    const fresh = card(machines.get(machine.machine));
    const old = byId('machines').querySelector(`[data-machine="${CSS.escape(machine.machine)}"]`);
    if (!old) byId('machines').append(fresh);
    else if (!old.contains(document.activeElement)) old.replaceWith(fresh);
    else { // keep the focus where it is
        old.className = fresh.className;
        old.querySelector('.stripe').textContent = fresh.querySelector('.stripe').textContent;
    }
}

async function refresh() {
    try {
        const all = (await api('/machines')).machines;
        byId('machines').replaceChildren();
        all.forEach(draw);
        byId('empty').hidden = all.length > 0;
        say(byId('says'), '');
    } catch (problem) {
        say(byId('says'), problem);
    }
}

listen({ machine: draw }, refresh);
