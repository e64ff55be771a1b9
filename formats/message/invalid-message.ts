/** An Email that no message can be written from. The caller answers with invalidProperties (RFC 8620 §5.3). */
export class InvalidMessage extends Error {
  override name = 'InvalidMessage'
  /** Paths of the properties at fault: "subject", "attachments/0/type". */
  readonly properties: readonly string[]

  constructor(properties: readonly string[]) {
    // The values stay out of the message: it may reach a log.
    super(`invalid properties: ${properties.length}`)
    this.properties = properties
  }
}
