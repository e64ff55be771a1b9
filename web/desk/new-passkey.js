/** Makes a passkey. Without this script, or in a browser that has none, the form stays hidden. */
const form = document.querySelector('#new-passkey')
const said = document.querySelector('#new-passkey-said')

const bytesOf = (base64url) =>
  Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.codePointAt(0))

const textOf = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCodePoint(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

/** The options as the browser wants them: bytes where JSON has text (Web Authentication, §5.1.8). */
function optionsOf(json) {
  const options = JSON.parse(json)
  return {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...options.user, id: bytesOf(options.user.id) },
    excludeCredentials: options.excludeCredentials?.map((one) => ({ ...one, id: bytesOf(one.id) })),
  }
}

const jsonOf = ({ id, rawId, type, response }) =>
  JSON.stringify({
    id,
    rawId: textOf(rawId),
    type,
    clientExtensionResults: {},
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      attestationObject: textOf(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  })

form.addEventListener('submit', (event) => {
  event.preventDefault()
  said.textContent = ''
  navigator.credentials
    .create({ publicKey: optionsOf(form.dataset.options) })
    .then((credential) => {
      form.elements.credential.value = jsonOf(credential)
      form.submit()
    })
    .catch(() => (said.textContent = said.dataset.failed))
})
if (window.PublicKeyCredential) form.hidden = false
