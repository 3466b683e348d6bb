// What all pages share: elements from data, questions to the daemon, its events, words for its states.
// Texts go into pages as text nodes only, never as markup.

export const stateWords = {
    offline: ['Offline', 'No connection to the machine.'],
    locked: ['Locked', 'Scan the material lot, then start the job.'],
    held: ['Lot needed', 'A job is waiting for its material.'],
    armed: ['Ready', 'Start the job in your program.'],
    running: ['Running', 'The job streams to the machine.'],
    fault: ['Fault', 'Nothing but safety commands passes.'],
};
export const endWords = {
    running: 'running', held: 'waiting', completed: 'completed', aborted: 'aborted', alarm: 'alarm', refused: 'refused',
    machine_lost: 'machine lost', sender_lost: 'sender lost', host_lost: 'host lost', dry_run: 'dry run',
};

// el('a', {href: '/lots'}, 'Lots'): attributes by name, `on…` as listeners, children as text or nodes.
export function el(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (value === undefined || value === null || value === false) continue;
        if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
        else made.setAttribute(key, value === true ? '' : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
    return made;
}
export const byId = (id) => document.getElementById(id);

export class Problem extends Error {
    constructor(code, message, whatToDo) {
        super(message);
        this.code = code;
        this.whatToDo = whatToDo || '';
    }
}

// GET, or POST when there is a body. Gives the answer's JSON; throws a Problem that a person can read.
export async function api(path, body) {
    const options = body === undefined ? {} : {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    };
    return answer(await reach('/api/v1' + path, options));
}
export async function upload(path, file) {
    const type = /^(application\/(?!x-www-form)|image\/)/.test(file.type) ? file.type : 'application/octet-stream';
    const options = { method: 'POST', headers: { 'Content-Type': type }, body: file };
    return answer(await reach('/api/v1' + path, options));
}
async function reach(path, options) {
    try {
        return await fetch(path, options);
    } catch {
        throw new Problem('unreachable', 'lotgate does not answer.', 'Check that it runs, then try again.');
    }
}
async function answer(response) {
    const data = await response.json().catch(() => ({}));
    if (response.ok) return data;
    const error = data.error || {};
    throw new Problem(error.code || 'http_' + response.status, error.message || 'It did not work.', error.what_to_do);
}

// Listens to the daemon's events and keeps on trying. `refresh` is called at each (re)connection, and when what
// was missed is not known; `handlers` maps an event's type to what is done with its data.
export function listen(handlers, refresh) {
    const banner = byId('lost');
    let source, timer;
    const connect = () => {
        source = new EventSource('/api/v1/events');
        source.onopen = () => {
            banner.hidden = true;
            document.body.classList.remove('stale');
            refresh();
        };
        source.onerror = () => {
            banner.hidden = false;
            document.body.classList.add('stale');
            if (source.readyState === EventSource.CLOSED) { // refused: the browser does not try again by itself
                clearTimeout(timer);
                timer = setTimeout(connect, 2000);
            }
        };
        source.addEventListener('reset', refresh);
        for (const [type, act] of Object.entries(handlers))
            source.addEventListener(type, (event) => act(JSON.parse(event.data)));
    };
    connect();
    addEventListener('pagehide', () => source.close());
}

// Shows a sentence (or a Problem's two) in a live region.
export function say(place, thing, good = false) {
    const bad = thing instanceof Error;
    place.replaceChildren();
    place.hidden = !thing;
    if (!thing) return;
    place.className = 'says' + (bad && !good ? ' bad' : '');
    place.append(el('strong', {}, bad ? thing.message : thing), el('span', {}, (bad && thing.whatToDo) || ''));
}

// One part of this page's own address: /panel/laser1 → part(2) = laser1.
export const part = (index) => decodeURIComponent(location.pathname.split('/')[index] || '');
export const path = (...parts) => '/' + parts.map(encodeURIComponent).join('/');

export const number = (value, digits = 0) =>
    Number(value || 0).toLocaleString(undefined, { maximumFractionDigits: digits });
export function when(iso) {
    if (!iso) return '';
    const time = new Date(iso);
    return Number.isNaN(time.getTime()) ? String(iso)
        : time.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
export function lasted(milliseconds) {
    const seconds = Math.max(0, Math.round(milliseconds / 1000));
    const two = (value) => String(value).padStart(2, '0');
    return seconds < 3600 ? `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
        : `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
export const lotNames = (lots) =>
    (Array.isArray(lots) ? lots : []).map((one) => (one.quantity ? `${one.lot} (${one.quantity})` : one.lot)).join(', ');
export const chip = (state) => el('span', { class: 'chip ' + state }, endWords[state] || String(state).replace(/_/g, ' '));
// What was put right of a row, in words; '' when nothing was.
export const corrected = (row) => (row.corrected || []).map((one) =>
    `${one.field.replace(/_/g, ' ')} was ${one.was ?? 'not given'}, is ${one.value} (${one.by}, ${when(one.at)}: ${one.reason})`).join('; ');
export const list = (answer) => (Array.isArray(answer) ? answer : answer.items || []);
// Rows of a definition list; empty values are left out.
export const facts = (rows) => rows.filter(([, value]) => value !== undefined && value !== null && value !== '')
    .flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]);
