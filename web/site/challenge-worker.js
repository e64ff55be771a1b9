/** Looks for the number whose key begins as the challenge says: PBKDF2 over nonce and number, as altcha-lib has it. */
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16))
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

addEventListener('message', async ({ data: { parameters, most } }) => {
  const { nonce, salt, cost, keyLength, keyPrefix } = parameters
  const start = bytesOf(nonce)
  const password = new Uint8Array(start.length + 4)
  password.set(start)
  const number = new DataView(password.buffer, start.length)
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt: bytesOf(salt), iterations: cost }
  try {
    for (let counter = 0; counter <= most; counter++) {
      number.setUint32(0, counter)
      const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
      const derivedKey = hexOf(new Uint8Array(await crypto.subtle.deriveBits(derivation, key, keyLength * 8)))
      if (derivedKey.startsWith(keyPrefix)) {
        postMessage({ solution: { counter, derivedKey } })
        return
      }
      if (counter % 50 === 0) postMessage({ tried: counter })
    }
  } catch {
    // A browser that lets no page calculate, or one without TLS.
  }
  postMessage({})
})
