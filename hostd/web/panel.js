// The workshop panel of one machine: its state in one word, one field for the scanner, three buttons.
import { api, byId, lasted, listen, lotNames, number, part, path, say, stateWords } from './common.js';
import { plot } from './panel_plot.js';
import { pick } from './panel_pick.js';
import { wedge } from './panel_scan.js';

const id = part(2);
const scan = byId('scan');
const operator = byId('operator');
let machine = { machine: id, state: 'offline' };
let refused = null; // lots whose declaration waits for an operator's badge

document.title = id + ' – lotgate';
byId('name').textContent = id;
byId('history').href = path('machines', id, 'jobs');

// --- drawing

function sentence() {
    if (machine.state === 'held') return stateWords.held[1];
    if (machine.starting) return 'The start is being written to the ledger.';
    if (machine.state === 'running') return lotNames(machine.declaration?.lots) || stateWords.running[1];
    return machine.text || stateWords[machine.state]?.[1] || '';
}

function draw(news) {
    if (news.machine !== id) return;
    const before = machine.state;
    machine = { ...machine, ...news };
    const state = machine.state;
    if (state !== before) lots.refresh(); // what a job used is no longer on hand
    byId('main').className = 'panel ' + state;
    byId('name').textContent = machine.name || id;
    setText('word', stateWords[state]?.[0] || state);
    document.title = `${byId('word').textContent} – ${id}`; // a tab in the background tells, too
    setText('sentence', sentence());
    setText('advice', state === 'fault' || state === 'offline' ? machine.what_to_do || '' : '');
    byId('held').hidden = state !== 'held';
    byId('held-line').textContent = machine.text || '';
    const waiting = machine.queued ?? machine.waiting_bytes;
    byId('held-bytes').textContent = waiting ? `${number(waiting)} bytes wait` : '';
    byId('declared').hidden = !machine.declaration;
    byId('declared-text').textContent = machine.declaration
        ? [lotNames(machine.declaration.lots) || machine.declaration.text, machine.declaration.operator].filter(Boolean).join(' · ') : '';
    byId('cancel').hidden = state === 'running';
    byId('confirm').hidden = state !== 'fault' && !(state === 'offline' && machine.port_open);
    byId('pick').hidden = state === 'running' || state === 'fault';
    showScan(state !== 'running');
    for (const name of ['hold', 'resume', 'reset']) byId(name).disabled = !machine.port_open;
    if (state === 'armed' || state === 'running') say(byId('refusal'), '');
    drawHook();
    drawJob();
}

// The machine's own gate: shown where there is one, or where one should be.
function drawHook() {
    const hook = machine.hook || {};
    byId('hook').hidden = !hook.present;
    byId('hook-text').textContent = [hook.text, hook.serial_number, hook.firmware].filter(Boolean).join(' · ');
}
// Nothing is scanned while a job runs; afterwards the field waits for the scanner again.
function showScan(shown) {
    const before = !byId('ask').hidden;
    byId('ask').hidden = !shown;
    if (shown && !before && document.activeElement === document.body) scan.focus();
}
// A live region speaks when its text changes, so it is only touched then.
function setText(name, text) {
    if (byId(name).textContent !== text) byId(name).textContent = text;
}

function drawJob() {
    const job = machine.state === 'running' ? machine.job : null;
    byId('progress').hidden = !job;
    plot(job ? job.job : null, machine.status);
    if (!job) return;
    byId('progress-title').textContent = [job.job, job.record].filter(Boolean).join(' · ');
    byId('lines').textContent = number(job.lines);
    byId('work').textContent = number(job.work_mm);
    tick();
}
function tick() {
    if (machine.state === 'running' && machine.job)
        byId('time').textContent = lasted(Date.now() - new Date(machine.job.started));
}

// --- declaring

// "LOT", "LOT=QTY" or several of them.
const lotsOf = (text) => text.split(/[\s,]+/).filter(Boolean).map((word) => {
    const [lot, quantity] = word.split('=');
    return quantity ? { lot, quantity } : { lot };
});

async function declare(lots) {
    const body = { lots };
    for (const name of ['operator', 'order', 'product'])
        if (byId(name).value.trim()) body[name] = byId(name).value.trim();
    if (byId('count').value.trim()) body.count = Number(byId('count').value);
    try {
        refused = null;
        await api(path('machines', id, 'declare'), body);
        say(byId('refusal'), '');
    } catch (problem) {
        if (problem.code === 'operator_required') refused = lots;
        say(byId('refusal'), problem);
    }
}

// What the code is: a lot to declare, or a badge that says who works.
async function take(text) {
    let code = text.trim();
    if (!code) return;
    scan.value = '';
    say(byId('refusal'), '');
    if (!/[\s,=]/.test(code)) {
        const found = await api('/lookup?code=' + encodeURIComponent(code)).catch(() => null);
        if (found?.type === 'operator') return signOn(found.id);
        if (found?.type === 'lot') code = found.id;
        else if (found) return say(byId('refusal'), new Error(`${code} is a ${found.type}, not a lot.`));
    }
    await declare(lotsOf(code));
}

async function signOn(who) {
    if (![...operator.options].some((option) => option.value === who)) await fillOperators();
    operator.value = who;
    remember();
    say(byId('refusal'), 'Operator: ' + (operator.selectedOptions[0]?.textContent || who));
    if (refused) await declare(refused);
}
function remember() {
    localStorage.setItem('operator:' + id, operator.value);
}
async function fillOperators() {
    const kept = operator.value || localStorage.getItem('operator:' + id) || '';
    const all = await api('/operators').catch(() => []);
    operator.replaceChildren(new Option('nobody', ''), ...all.map((one) =>
        new Option(one.name ? `${one.name} (${one.operator})` : one.operator, one.operator)));
    operator.value = [...operator.options].some((option) => option.value === kept) ? kept : '';
}

// --- acting

async function act(verb, body = {}) {
    try {
        await api(path('machines', id, verb), body);
        say(byId('refusal'), '');
    } catch (problem) {
        say(byId('refusal'), problem);
    }
}
// A reset ends the job: the first press asks, a second within four seconds does it.
function twice(button, question, doIt) {
    const word = button.textContent;
    let timer = 0;
    const calm = () => {
        clearTimeout(timer);
        timer = 0;
        button.textContent = word;
        button.classList.remove('armed-press');
    };
    button.addEventListener('click', () => {
        if (timer) {
            calm();
            doIt();
            return;
        }
        button.textContent = question;
        button.classList.add('armed-press');
        timer = setTimeout(calm, 4000);
    });
}

for (const verb of ['hold', 'resume', 'confirm']) byId(verb).addEventListener('click', () => act(verb));
byId('cancel').addEventListener('click', () => act('cancel', { reason: 'withdrawn at the panel' }));
twice(byId('reset'), 'Press again to reset', () => act('reset'));
byId('scan-form').addEventListener('submit', (event) => {
    event.preventDefault();
    take(scan.value);
});
operator.addEventListener('change', remember);
wedge(scan, (text) => take(text));
const lots = pick((lot) => {
    scan.value = lot;
    scan.focus();
});
setInterval(tick, 1000);

listen({ machine: draw, lot: lots.refresh }, async () => {
    try {
        draw(await api(path('machines', id)));
    } catch (problem) {
        say(byId('refusal'), problem);
    }
    fillOperators();
    lots.refresh();
});
