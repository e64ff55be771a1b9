import {
  InvalidReport,
  readDmarcReport,
  readTlsReport,
  unpackReports,
  type DmarcReport,
  type ReportFault,
  type TlsReport,
} from '#formats/domain-reports'

/** What an attachment turned out to be, for each file in it. */
export type ReadFile = { dmarc: DmarcReport } | { tls: TlsReport } | { fault: ReportFault }

/** Reads what was attached to a letter, whatever it is called. Bounded in memory; of the time, whoever asks takes care. */
export const readFiles = (files: readonly Buffer[]): ReadFile[] =>
  files.flatMap((file) => attempt(() => unpackReports(file).flatMap((one) => attempt(() => [readOne(one)]))))

function readOne(file: Buffer): ReadFile {
  // JSON begins with a brace, after white space and a byte order mark at most.
  const isJson = /^\s*\{/.test(file.toString('latin1', 0, 64).replace(/^\xef\xbb\xbf/, ''))
  return isJson ? { tls: readTlsReport(file) } : { dmarc: readDmarcReport(file) }
}

function attempt(read: () => ReadFile[]): ReadFile[] {
  try {
    return read()
  } catch (error) {
    if (error instanceof InvalidReport) return [{ fault: error.fault }]
    throw error
  }
}
