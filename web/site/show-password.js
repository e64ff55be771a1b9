/** Lets people read the password they type. Without this script the button stays hidden, and the form works. */
const field = document.querySelector('#password')
const button = document.querySelector('#show-password')

function show(isShown) {
  field.type = isShown ? 'text' : 'password'
  button.setAttribute('aria-pressed', String(isShown))
}

button.hidden = false
button.addEventListener('click', () => show(field.type === 'password'))
// A browser keeps what was typed into a text field; a password it must not.
field.form.addEventListener('submit', () => show(false))
