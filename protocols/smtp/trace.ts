import { resultsField } from '#mail/authentication'

/** What the fields on top of a message tell of a transaction. */
export interface Trace {
  mailFrom: string
  heloName: string
  clientAddress: string
  hostname: string
  /** SMTP, ESMTP, ESMTPS, UTF8SMTPS … (RFC 3848, RFC 6531 §4.3). */
  protocol: string
  id: string
  /** The only recipient; with several none is named, so that nobody learns of the others (RFC 5321 §7.2). */
  onlyRecipient: string | undefined
  time: Date
  /** What the check of its origin has given (`Checked`). */
  results: string | undefined
}

/** Return-Path and Received, as RFC 5321 §4.4 asks of a server that delivers, and Authentication-Results (RFC 8601). */
export function traceFields(trace: Trace): string {
  const helo = trace.heloName.replace(/[^\w.:[\]-]/g, '?').slice(0, 255)
  const address = trace.clientAddress.includes(':') ? `IPv6:${trace.clientAddress}` : trace.clientAddress
  const recipient = trace.onlyRecipient === undefined ? '' : `\r\n\tfor <${trace.onlyRecipient}>`
  return (
    `Return-Path: <${trace.mailFrom}>\r\n` +
    resultsField(trace.hostname, trace.results) +
    `Received: from ${helo} ([${address}])\r\n` +
    `\tby ${trace.hostname} with ${trace.protocol} id ${trace.id}${recipient};\r\n` +
    `\t${trace.time.toUTCString().replace('GMT', '+0000')}\r\n`
  )
}
