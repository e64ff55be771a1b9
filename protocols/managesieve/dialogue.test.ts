/** ManageSieve as RFC 5804 shows it, in tables of what is said and what is answered. */
import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { after, test } from 'node:test'
import { MOST_SCRIPT_BYTES, MOST_SCRIPTS } from '#mail/scripts'
import { dialSieve, literalOf, plainOf, signedInSieve } from '#test/managesieve'
import { addAppPassword } from '#test/people'
import { startServer } from '#test/server'

const server = await startServer({ after }, { cleartextOnLoopback: false }, ['managesieve'])

/** What a client says, and what is answered: as it is, or of that form. */
type Said = readonly [command: string, answer: string | RegExp]

const SCRIPT =
  'require ["fileinto"];\r\n\r\nif envelope :contains "to" "tmartin+sent" {\r\n  fileinto "INBOX.sent";\r\n}\r\n'
const RIGHT = SCRIPT.replace('"fileinto"', '"fileinto", "envelope"')

const transcripts: Record<string, readonly Said[]> = {
  '§2.5: HAVESPACE': [
    ['HAVESPACE "myscript" 999999', 'NO (QUOTA/MAXSIZE) "The script is too large"'],
    ['HAVESPACE "foobar" 435', 'OK "There is room"'],
    [`HAVESPACE "foobar" ${MOST_SCRIPT_BYTES}`, /^OK/],
    ['havespace {6+}\r\nfoobar 435', /^OK/],
    ['HAVESPACE "" 1', 'NO "That is no name for a script"'],
  ],
  '§2.6: PUTSCRIPT': [
    ['Putscript "foo" {31+}\r\n#comment\r\nInvalidSieveCommand\r\n', /^NO "line \d, column \d+: .+"$/],
    [`Putscript "mysievescript" ${literalOf(SCRIPT)}`, /^NO "line 3, column 4: .+envelope.+"$/],
    ['Listscripts', 'OK "These are all"'],
    [`Putscript "mysievescript" ${literalOf(RIGHT)}`, 'OK "The script is kept"'],
    ['Getscript "mysievescript"', `{${RIGHT.length}}\r\n${RIGHT}\r\nOK "This is all"`],
    ['Putscript "mysievescript" "keep;"', 'OK "The script is kept"'],
    ['Getscript "mysievescript"', '{5}\r\nkeep;\r\nOK "This is all"'],
    ['Putscript "mysievescript" "keep"', /^NO "line 1, column \d: /],
    ['Getscript "mysievescript"', /^\{5\}\r\nkeep;/],
    ['Putscript "empty" {0+}\r\n', /^NO "/],
    [
      `Putscript "myforwards" ${literalOf('redirect "a@b.example";\r\n'.repeat(5))}`,
      /^OK \(WARNINGS\) "line 5, column 1: .*4 times.*"$/,
    ],
  ],
  '§2.7, §2.8: LISTSCRIPTS and SETACTIVE': [
    ['PUTSCRIPT "summer_script" "keep;"', /^OK/],
    [String.raw`PUTSCRIPT "clever\"\\script" "keep;"`, /^OK/],
    [`PUTSCRIPT ${literalOf('Sömmer')} "keep;"`, /^OK/],
    ['Setactive "summer_script"', 'OK "The script is active"'],
    ['Listscripts', '"summer_script" ACTIVE\r\n"clever\\"\\\\script"\r\n"Sömmer"\r\nOK "These are all"'],
    ['Setactive "baz"', 'NO (NONEXISTENT) "There is no script by that name"'],
    ['listscripts', /^"summer_script" ACTIVE\r\n/],
    ['Setactive "Sömmer"', /^OK/],
    ['listscripts', /^"summer_script"\r\n.*\r\n"Sömmer" ACTIVE\r\nOK/],
    ['Setactive ""', 'OK "No script is active"'],
    ['Setactive ""', 'OK "No script is active"'],
    ['listscripts', /^(?!.*ACTIVE)/s],
  ],
  '§2.9, §2.10: GETSCRIPT and DELETESCRIPT': [
    ['Getscript "baz"', 'NO (NONEXISTENT) "There is no script by that name"'],
    ['PUTSCRIPT "foo" "keep;"', /^OK/],
    ['SETACTIVE "foo"', /^OK/],
    ['Deletescript "foo"', 'NO (ACTIVE) "The active script cannot be deleted"'],
    ['SETACTIVE ""', /^OK/],
    ['Deletescript "foo"', 'OK "The script is deleted"'],
    ['Deletescript "foo"', 'NO (NONEXISTENT) "There is no script by that name"'],
    ['Listscripts', 'OK "These are all"'],
  ],
  '§2.11: RENAMESCRIPT': [
    ['PUTSCRIPT "foo" "keep;"', /^OK/],
    ['PUTSCRIPT "baz" "discard;"', /^OK/],
    ['SETACTIVE "foo"', /^OK/],
    ['Renamescript "foo" "bar"', 'OK "The script has another name"'],
    ['Listscripts', '"bar" ACTIVE\r\n"baz"\r\nOK "These are all"'],
    ['Renamescript "baz" "bar"', 'NO (ALREADYEXISTS) "There is a script by that name already"'],
    ['Renamescript "foo" "other"', /^NO \(NONEXISTENT\)/],
    [`Renamescript "baz" "${'x'.repeat(513)}"`, 'NO "That is no name for a script"'],
    [`Renamescript "baz" ${literalOf('a\nb')}`, 'NO "That is no name for a script"'],
    [`Renamescript "baz" "${'ü'.repeat(256)}"`, /^OK/],
  ],
  '§2.12: CHECKSCRIPT keeps nothing': [
    ['CheckScript {31+}\r\n#comment\r\nInvalidSieveCommand\r\n', /^NO "line \d, column \d+: /],
    ['CheckScript "if {\\"\\\\"', /^NO "line 1, column \d+: /],
    ['CHECKSCRIPT "keep;"', 'OK "The script is right"'],
    [`CHECKSCRIPT ${literalOf('redirect "a@b.example";\n'.repeat(5))}`, /^OK \(WARNINGS\)/],
    ['CHECKSCRIPT ""', /^OK/],
    ['LISTSCRIPTS', 'OK "These are all"'],
  ],
  '§2.13: NOOP': [
    ['NOOP', 'OK "Still here"'],
    ['NOOP "STARTTLS-SYNC-42"', 'OK (TAG "STARTTLS-SYNC-42") "Still here"'],
    [`NOOP ${literalOf('two\r\nlines')}`, 'OK (TAG {10}\r\ntwo\r\nlines) "Still here"'],
    ['noop ""', 'OK (TAG "") "Still here"'],
  ],
}
for (const [what, says] of Object.entries(transcripts))
  test(`RFC 5804 ${what}`, async (t) => {
    const sieve = await signedInSieve(t, server, await server.createAccount())
    for (const [command, answer] of says) {
      const said = await sieve.say(command)
      if (typeof answer === 'string') assert.equal(said, answer, command)
      else assert.match(said, answer, command)
    }
  })

const capabilitiesIn = (response: string): Map<string, string | undefined> =>
  new Map(
    response
      .split('\r\n')
      .slice(0, -1)
      .map((line) => {
        const [, name = '', value] = /^"([A-Z]+)"(?: "(.*)")?$/.exec(line) ?? []
        return [name, value]
      }),
  )

test('§1.7: what there is, before TLS, under it, and once somebody has signed in', async (t) => {
  const { address, password } = await server.createAccount()
  const sieve = await dialSieve(t, server.managesieve)
  const clear = capabilitiesIn(sieve.greeting)
  assert.deepEqual([...clear.keys()].toSorted(), [
    'IMPLEMENTATION',
    'LANGUAGE',
    'MAXREDIRECTS',
    'NOTIFY',
    'SASL',
    'SIEVE',
    'STARTTLS',
    'UNAUTHENTICATE',
    'VERSION',
  ])
  assert.deepEqual(
    ['SASL', 'NOTIFY', 'MAXREDIRECTS', 'LANGUAGE', 'VERSION'].map((name) => clear.get(name)),
    ['', 'mailto', '4', 'en', '1.0'],
  )
  const extensions = clear.get('SIEVE')?.split(' ')
  for (const one of ['fileinto', 'vacation', 'imap4flags', 'regex']) assert.ok(extensions?.includes(one), one)
  assert.match(await sieve.say(`AUTHENTICATE "PLAIN" "${plainOf(address, password)}"`), /^NO \(ENCRYPT-NEEDED\)/)
  await sieve.ok('STARTTLS')
  const secured = capabilitiesIn(await sieve.startTls())
  assert.ok(!secured.has('STARTTLS') && !secured.has('OWNER'))
  assert.equal(secured.get('SASL'), 'PLAIN LOGIN SCRAM-SHA-256 OAUTHBEARER XOAUTH2')
  assert.match(await sieve.say('STARTTLS'), /^NO/)
  await sieve.ok(`AUTHENTICATE "PLAIN" "${plainOf(address, password)}"`)
  assert.equal(capabilitiesIn(await sieve.ok('CAPABILITY')).get('OWNER'), address)
  await sieve.ok('UNAUTHENTICATE')
  assert.ok(!capabilitiesIn(await sieve.ok('CAPABILITY')).has('OWNER'))
  assert.match(await sieve.say('LISTSCRIPTS'), /^NO/)
  assert.match(await sieve.say('UNAUTHENTICATE'), /^NO/)
  await sieve.ok(`AUTHENTICATE "PLAIN" "${plainOf(address, password)}"`)
  await sieve.ok('LISTSCRIPTS')
  sieve.send('LOGOUT\r\nLISTSCRIPTS\r\n')
  assert.equal(await sieve.next(), 'OK "Goodbye"')
  assert.equal(await sieve.next(), 'closed')
})

test('§2.1: signing in', async (t) => {
  const { address, password } = await server.createAccount()
  const right = plainOf(address, password)
  const asked = async (command: string, ...responses: string[]): Promise<string> => {
    const sieve = await dialSieve(t, server.managesieve)
    await sieve.ok('STARTTLS')
    await sieve.startTls()
    sieve.send(`${command}\r\n`)
    for (const response of responses) {
      assert.match(await sieve.line(), /^"[A-Za-z0-9+/=]*"$/)
      sieve.send(`${response}\r\n`)
    }
    const answer = await sieve.next()
    await sieve.ok('NOOP')
    sieve.close()
    return answer
  }
  const base64 = (text: string): string => `"${Buffer.from(text).toString('base64')}"`
  assert.equal(await asked(`Authenticate "plain" "${right}"`), 'OK "Welcome"')
  assert.equal(await asked(`AUTHENTICATE "PLAIN" ${literalOf(right)}`), 'OK "Welcome"')
  assert.equal(await asked('AUTHENTICATE "PLAIN"', literalOf(right)), 'OK "Welcome"')
  assert.equal(await asked('AUTHENTICATE "LOGIN"', base64(address), base64(password)), 'OK "Welcome"')
  for (const [command, ...responses] of [
    [`AUTHENTICATE "LOGIN" ${base64(address)}`],
    ['AUTHENTICATE "PLAIN"', '"*"'],
    ['AUTHENTICATE "PLAIN"', '"no base64"'],
    ['AUTHENTICATE "PLAIN"', '17'],
    ['AUTHENTICATE "PLAIN"', '"" ""'],
    ['AUTHENTICATE "PLAIN" ""'],
    ['AUTHENTICATE "GSSAPI"'],
    ['AUTHENTICATE PLAIN'],
    ['AUTHENTICATE'],
    [`AUTHENTICATE "PLAIN" "${plainOf(address, 'something else')}"`],
    [`AUTHENTICATE "SCRAM-SHA-256" ${base64(`n,,n=${address},r=abcdefgh`)}`, base64('c=biws,r=abcdefgh,p=AAAA')],
  ] as string[][])
    assert.match(await asked(command as string, ...responses), /^NO "/, command)
})

test('SCRAM: what the server says last comes with the OK, in the code SASL', async (t) => {
  const person = await server.createAccount()
  const { secret } = await addAppPassword(server.storage, person)
  const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const sieve = await dialSieve(t, server.managesieve)
  await sieve.ok('STARTTLS')
  await sieve.startTls()
  const bare = `n=${person.address},r=fyko+d2lbbFgONRv9qkxdawL`
  sieve.send(`AUTHENTICATE "SCRAM-SHA-256" "${Buffer.from(`n,,${bare}`).toString('base64')}"\r\n`)
  const first = Buffer.from((await sieve.line()).slice(1, -1), 'base64').toString()
  const [, nonce = '', salt = '', rounds = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(first) ?? []
  const salted = pbkdf2Sync(secret, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const message = `${bare},${first},c=biws,r=${nonce}`
  const signature = hmac(createHash('sha256').update(clientKey).digest(), message)
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number))).toString('base64')
  const proven = Buffer.from(`v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`).toString('base64')
  assert.equal(
    await sieve.say(literalOf(Buffer.from(`c=biws,r=${nonce},p=${proof}`).toString('base64'))),
    `OK (SASL "${proven}") "Welcome"`,
  )
  await sieve.ok('LISTSCRIPTS')
})

test('an app password for mail may, one that only reads may look, one for something else may not', async (t) => {
  const person = await server.createAccount()
  const make = async (choice: Parameters<typeof addAppPassword>[2]): Promise<string> =>
    (await addAppPassword(server.storage, person, choice)).secret
  const whole = await signedInSieve(t, server, { ...person, password: await make({}) })
  await whole.ok('PUTSCRIPT "a" "keep;"')
  const reading = await signedInSieve(t, server, { ...person, password: await make({ readOnly: true }) })
  await reading.ok('GETSCRIPT "a"')
  await reading.ok('CHECKSCRIPT "keep;"')
  for (const command of ['PUTSCRIPT "b" "keep;"', 'SETACTIVE "a"', 'DELETESCRIPT "a"', 'RENAMESCRIPT "a" "b"'])
    assert.equal(await reading.say(command), 'NO "This password only reads"')
  const sieve = await dialSieve(t, server.managesieve)
  await sieve.ok('STARTTLS')
  await sieve.startTls()
  const other = await make({ scopes: ['calendar'] })
  assert.match(await sieve.say(`AUTHENTICATE "PLAIN" "${plainOf(person.address, other)}"`), /^NO \(AUTH-TOO-WEAK\)/)
})

test('there are no more scripts than there may be, and those that are there can still be changed', async (t) => {
  const sieve = await signedInSieve(t, server, await server.createAccount())
  for (let number = 0; number < MOST_SCRIPTS; number++) await sieve.ok(`PUTSCRIPT "s${number}" "keep;"`)
  assert.match(await sieve.say('PUTSCRIPT "more" "keep;"'), /^NO \(QUOTA\/MAXSCRIPTS\)/)
  assert.match(await sieve.say('HAVESPACE "more" 5'), /^NO \(QUOTA\/MAXSCRIPTS\)/)
  await sieve.ok('HAVESPACE "s1" 5')
  await sieve.ok('PUTSCRIPT "s1" "discard;"')
})
