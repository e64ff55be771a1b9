import { z } from 'zod'

export const port = z.number().int().min(0).max(65535)
export const count = z.number().int().positive()
export const megabytes = z.number().positive().max(4096)

/** `host:port`; an IPv6 address stands in brackets. */
export const HOST_AND_PORT = /(?:\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.-]{1,253}):\d{1,5}/
export const HostAndPort = z.string().regex(new RegExp(`^${HOST_AND_PORT.source}$`), 'wanted is host:port')

/** Where a service on this machine or near it listens; the path of a socket has no more than 107 bytes. */
export const socketOr = (pattern: RegExp, form: string) =>
  z.string().regex(new RegExp(`^(?:/.{1,100}|${pattern.source})$`), `wanted is ${form} or the path of a socket`)
