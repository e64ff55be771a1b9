/** Says in words how hard a new password is to guess, by its length and variety alone: it is compared with no list. */
const field = document.querySelector('#password')
const hint = document.querySelector('#password-strength')

const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^\w\s]|_/, /\s/, /[^\x20-\x7e]/]
const sizes = [26, 26, 10, 32, 1, 100]

/** Bits, were each character chosen at random; runs and repeats count once. */
function bitsOf(password) {
  const alphabet = kinds.reduce((sum, kind, i) => sum + (kind.test(password) ? sizes[i] : 0), 0)
  const codes = Array.from(password, (character) => character.codePointAt(0))
  const steps = codes.filter((code, i) => i === 0 || Math.abs(code - codes[i - 1]) > 1)
  const variety = Math.min(1, new Set(codes).size / Math.max(1, steps.length))
  return steps.length * variety * Math.log2(Math.max(2, alphabet))
}

field.addEventListener('input', () => {
  const bits = bitsOf(field.value)
  const { weak, fair, good } = hint.dataset
  hint.textContent = field.value === '' ? '' : bits < 45 ? weak : bits < 65 ? fair : good
})
