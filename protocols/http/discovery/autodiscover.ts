import { mailServers } from '#accounts'
import { parseAddress } from '#formats/message'
import { childOf, readXml, textOf, writeXml, xml, XmlError, type XmlElement, type XmlLimits } from '#formats/xml'
import { now, type Config } from '#system'

/** Of every answer, and of those that are errors within. */
const RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006'
/** What programs of mail ask for, and all that is offered: `mobilesync` is ActiveSync. */
const OUTLOOK = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'

const LIMITS: Partial<XmlLimits> = { depth: 8, elements: 64, attributes: 16, text: 1024 }

/** Codes and words of [MS-OXDSCLI]. */
const ERRORS = {
  addressUnknown: [500, 'The e-mail address cannot be found'],
  invalid: [600, 'Invalid Request'],
  schemaUnknown: [601, 'Provider is not available'],
} as const

/**
 * Answers what Outlook posts (POX Autodiscover, [MS-OXDSCLI]). Whether an account has the address makes no difference.
 * @param isServed  whether mail for a domain is for here
 */
export async function autodiscover(
  config: Config,
  body: Uint8Array,
  isServed: (domain: string) => Promise<boolean>,
): Promise<string> {
  const asked = readRequest(body)
  if (asked === undefined) return autodiscoverError('invalid')
  const address = parseAddress(asked.address)
  if (address === undefined) return autodiscoverError('invalid')
  if (asked.schema !== OUTLOOK) return autodiscoverError('schemaUnknown')
  return (await isServed(address.domain)) ? settings(config, address.address) : autodiscoverError('addressUnknown')
}

function readRequest(body: Uint8Array): { address: string; schema: string } | undefined {
  try {
    const root = readXml(body, LIMITS)
    const request = root.name === 'Autodiscover' ? childOf(root, 'Request') : undefined
    const said = (name: string): string => {
      const element = request === undefined ? undefined : childOf(request, name)
      return element === undefined ? '' : textOf(element).trim()
    }
    const [address, schema] = [said('EMailAddress'), said('AcceptableResponseSchema')]
    return address === '' || schema === '' ? undefined : { address, schema }
  } catch (error) {
    if (error instanceof XmlError) return undefined
    throw error
  }
}

const TYPES = { imap: 'IMAP', pop3: 'POP3', submission: 'SMTP' } as const

/** The best way to each, by TLS from the first byte: of several of a kind Outlook looks at the first alone. */
function settings(config: Config, address: string): string {
  const servers = mailServers(config).filter(({ tls }) => tls === 'implicit')
  return document(
    OUTLOOK,
    xml('User', {}, [simple('DisplayName', address)]),
    xml('Account', {}, [
      simple('AccountType', 'email'),
      simple('Action', 'settings'),
      ...servers.map(({ protocol, host, port }) =>
        xml('Protocol', {}, [
          simple('Type', TYPES[protocol]),
          simple('Server', host),
          simple('Port', String(port)),
          simple('DomainRequired', 'off'),
          simple('LoginName', address),
          simple('SPA', 'off'),
          simple('SSL', 'on'),
          simple('Encryption', 'SSL'),
          simple('AuthRequired', 'on'),
          ...(protocol === 'submission' ? [simple('UsePOPAuth', 'off'), simple('SMTPLast', 'off')] : []),
        ]),
      ),
    ]),
  )
}

export function autodiscoverError(error: keyof typeof ERRORS): string {
  const [code, message] = ERRORS[error]
  // Fractions of a second have seven digits ([MS-ASCMD] 2.2.3.63).
  const time = now().toISOString().slice('2026-11-30T'.length, -1).padEnd('00:00:00.0000000'.length, '0')
  return document(
    RESPONSE,
    xml('Error', { Time: time, Id: '1' }, [
      simple('ErrorCode', String(code)),
      simple('Message', message),
      simple('DebugData', ''),
    ]),
  )
}

const simple = (name: string, text: string): XmlElement => xml(name, {}, [text])

const document = (namespace: string, ...content: XmlElement[]): string =>
  writeXml(xml('Autodiscover', {}, [within(xml('Response', {}, content), namespace)], RESPONSE))

/** An element and all in it, of one namespace. */
const within = (element: XmlElement, namespace: string): XmlElement => ({
  ...element,
  namespace,
  children: element.children.map((child) => (typeof child === 'string' ? child : within(child, namespace))),
})
