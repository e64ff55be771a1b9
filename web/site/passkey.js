/** Signs in with a passkey. Without this script, or in a browser that has none, the button stays hidden, and the page works. */
const form = document.querySelector('#passkey')
const button = document.querySelector('#use-passkey')
const said = document.querySelector('#passkey-said')

const bytesOf = (base64url) =>
  Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.codePointAt(0))

const textOf = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCodePoint(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

/** The options as the browser wants them: bytes where JSON has text (Web Authentication, §5.1.9). */
function optionsOf(json) {
  const options = JSON.parse(json)
  return {
    ...options,
    challenge: bytesOf(options.challenge),
    allowCredentials: options.allowCredentials?.map((one) => ({ ...one, id: bytesOf(one.id) })),
  }
}

function jsonOf({ id, rawId, type, response }) {
  const { clientDataJSON, authenticatorData, signature, userHandle } = response
  return JSON.stringify({
    id,
    rawId: textOf(rawId),
    type,
    clientExtensionResults: {},
    response: {
      clientDataJSON: textOf(clientDataJSON),
      authenticatorData: textOf(authenticatorData),
      signature: textOf(signature),
      ...(userHandle === null ? {} : { userHandle: textOf(userHandle) }),
    },
  })
}

async function use() {
  button.disabled = true
  said.textContent = ''
  try {
    const credential = await navigator.credentials.get({ publicKey: optionsOf(form.dataset.options) })
    form.elements.credential.value = jsonOf(credential)
    // On a computer that is not one's own: as the form beside it says.
    const shared = document.querySelector('input[name=shared]')
    if (shared?.checked) form.append(Object.assign(shared.cloneNode(), { id: '', checked: true }))
    form.submit()
  } catch {
    // Given up, too late, or no passkey for this page: browsers do not say which.
    said.textContent = said.dataset.failed
    button.disabled = false
  }
}

if (window.PublicKeyCredential) document.querySelector('#passkey-part').hidden = false
button.addEventListener('click', () => void use())
// Back from where it led: it can be used again.
window.addEventListener('pageshow', () => (button.disabled = false))
