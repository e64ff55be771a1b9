/**
 * The proof of work of a form: a worker looks for a number while somebody types. Whoever is faster waits, and the form
 * goes off by itself. Nothing is asked of anybody but this page.
 */
const box = document.querySelector('[data-challenge]')
const form = box.closest('form')
const answer = form.elements.namedItem('proof')
const state = box.querySelector('[role="status"]')
const bar = box.querySelector('progress')
const texts = box.dataset

let worker
let isWaiting = false
let hasFailed = false

function say(text) {
  box.hidden = false
  state.textContent = text
}

function start() {
  if (worker !== undefined) return
  say(texts.working)
  worker = new Worker(texts.worker, { type: 'module' })
  worker.addEventListener('message', ({ data }) => {
    if (data.tried !== undefined) bar.value = data.tried
    else if (data.solution === undefined) fail()
    else finish(data.solution)
  })
  worker.addEventListener('error', fail)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
  worker.postMessage({ parameters: JSON.parse(texts.challenge).parameters, most: Number(texts.most) })
}

function finish(solution) {
  answer.value = JSON.stringify({ challenge: JSON.parse(texts.challenge), solution })
  bar.hidden = true
  say(texts.done)
  if (isWaiting) form.requestSubmit()
}

/** The form goes off all the same: the server says what to do. */
function fail() {
  hasFailed = true
  bar.hidden = true
  say(texts.failed)
}

form.addEventListener('input', start, { once: true })
form.addEventListener('submit', (event) => {
  if (answer.value !== '' || hasFailed) return
  event.preventDefault()
  isWaiting = true
  start()
  say(texts.waiting)
})
