// Where the machine is: a dot, and the way it has come since the page knows of the job.
import { byId, number } from './common.js';

const KEPT = 1500; // points of the trail
let job = null;
let trail = [];

export function plot(name, status) {
    if (name !== job) {
        job = name;
        trail = [];
    }
    if (!name || !status || !Number.isFinite(status.x_mm) || !Number.isFinite(status.y_mm)) return;
    const last = trail[trail.length - 1];
    const here = [status.x_mm, -status.y_mm]; // up on the machine is up on the screen
    if (!last || last[0] !== here[0] || last[1] !== here[1]) trail.push(here);
    if (trail.length > KEPT) trail = trail.filter((_, index) => index % 2 === 0 || index === trail.length - 1);

    const xs = trail.map(([x]) => x), ys = trail.map(([, y]) => y);
    const left = Math.min(...xs), top = Math.min(...ys);
    const size = Math.max(Math.max(...xs) - left, Math.max(...ys) - top, 10);
    const margin = size * 0.08;
    byId('plot').setAttribute('viewBox',
        [left - margin, top - margin, Math.max(...xs) - left + 2 * margin, Math.max(...ys) - top + 2 * margin].join(' '));
    byId('trail').setAttribute('points', trail.map((point) => point.join(',')).join(' '));
    byId('dot').setAttribute('cx', here[0]);
    byId('dot').setAttribute('cy', here[1]);
    byId('dot').setAttribute('r', size / 40);
    byId('place').textContent = `X ${number(status.x_mm, 1)}  Y ${number(status.y_mm, 1)} mm · ${status.state || ''}`;
}
