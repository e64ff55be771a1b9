import { parseAddress } from '#formats/message'

/** What the second version of Autodiscover says: where the first is found, as `[status, body]`. */
type Answer = [status: 200 | 400 | 404, body: Record<string, string>]

/** Codes as Exchange gives them. Nothing that was asked is repeated. */
const ERRORS = {
  MandatoryParameterMissing: [400, "A valid value must be provided for the query parameter 'Protocol'."],
  InvalidProtocol: [400, "The given protocol value is invalid. Supported values are 'AutodiscoverV1'."],
  InvalidUserId: [400, 'The given user id is not an e-mail address.'],
  UserNotFound: [404, 'The domain of the given user is not served here.'],
} as const

const failed = (code: keyof typeof ERRORS): Answer => {
  const [status, message] = ERRORS[code]
  return [status, { ErrorCode: code, ErrorMessage: message }]
}

/** @param url  where the XML is posted to */
export async function autodiscoverJson(
  { address, protocol }: { address: string; protocol: string },
  url: string,
  isServed: (domain: string) => Promise<boolean>,
): Promise<Answer> {
  if (protocol === '') return failed('MandatoryParameterMissing')
  // Outlook writes `Autodiscoverv1`, too.
  if (protocol.toLowerCase() !== 'autodiscoverv1') return failed('InvalidProtocol')
  const parsed = parseAddress(address)
  if (parsed === undefined) return failed('InvalidUserId')
  return (await isServed(parsed.domain)) ? [200, { Protocol: 'AutodiscoverV1', Url: url }] : failed('UserNotFound')
}
