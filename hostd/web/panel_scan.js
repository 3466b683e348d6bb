// A scanner types like a keyboard, wherever the focus happens to be: its keys belong in the one field.

const keepsItsKeys = (target) => target.matches?.('input, textarea, select') || target.isContentEditable;

export function wedge(field, take) {
    field.focus();
    document.addEventListener('keydown', (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || keepsItsKeys(event.target)) return;
        if (event.key.length === 1 && event.key !== ' ') {
            field.focus(); // before the character is typed, so that it lands here
        } else if (event.key === 'Enter' && !event.target.closest?.('button, a, summary') && field.value) {
            event.preventDefault();
            take(field.value);
        }
    });
    // After a tap on a button or an empty place the field is ready again for the next scan.
    document.addEventListener('click', (event) => {
        if (event.detail && !keepsItsKeys(event.target) && !event.target.closest?.('label, details, a')) field.focus();
    });
}
