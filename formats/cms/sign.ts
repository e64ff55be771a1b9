import { createPrivateKey, hash, sign, X509Certificate } from 'node:crypto'
import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  CMSVersion,
  ContentInfo,
  DigestAlgorithmIdentifiers,
  EncapsulatedContent,
  EncapsulatedContentInfo,
  id_contentType,
  id_data,
  id_messageDigest,
  id_signedData,
  id_signingTime,
  IssuerAndSerialNumber,
  SignedData,
  SignerIdentifier,
  SignerInfo,
  SignerInfos,
  SigningTime,
} from '@peculiar/asn1-cms'
import {
  AsnArray,
  AsnConvert,
  AsnObjectIdentifierConverter,
  AsnType,
  AsnTypeTypes,
  OctetString,
} from '@peculiar/asn1-schema'
import { AlgorithmIdentifier, Certificate } from '@peculiar/asn1-x509'

/** A certificate with the chain to its authority, and its private key, both PEM. */
export interface Signer {
  cert: string
  key: string
}

const SHA_256 = '2.16.840.1.101.3.4.2.1'

/** How a key of each kind signs the digest: sha256WithRSAEncryption (RFC 4055 §5), which has parameters, and ecdsa-with-SHA256 (RFC 5758 §3.2). */
const ALGORITHMS: Readonly<Record<string, AlgorithmIdentifier>> = {
  rsa: new AlgorithmIdentifier({ algorithm: '1.2.840.113549.1.1.11', parameters: null }),
  ec: new AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' }),
}

class SignedAttributes extends AsnArray<Attribute> {}
AsnType({ type: AsnTypeTypes.Set, itemType: Attribute })(SignedAttributes)

/**
 * @param content  what is signed, and goes along
 * @returns DER; undefined for a key that is neither RSA nor on an elliptic curve of ECDSA
 */
export function signData(content: Uint8Array, { cert, key }: Signer, at: Date): Buffer | undefined {
  const privateKey = createPrivateKey(key)
  const signatureAlgorithm = ALGORITHMS[privateKey.asymmetricKeyType ?? '']
  if (signatureAlgorithm === undefined) return undefined
  const chain = certificatesOf(cert)
  const [own] = chain
  if (own === undefined) throw new RangeError('no certificate to sign with')
  const digestAlgorithm = new AlgorithmIdentifier({ algorithm: SHA_256 })

  // A SET OF is written in the order of its bytes (X.690 §11.6): here that of the lengths.
  const signedAttrs = [
    attribute(id_contentType, AsnObjectIdentifierConverter.toASN(id_data).toBER()),
    attribute(id_signingTime, AsnConvert.serialize(new SigningTime(at))),
    attribute(id_messageDigest, AsnConvert.serialize(new OctetString(hash('sha256', content, 'buffer')))),
  ]
  // RFC 5652 §5.4: what is signed is the attributes as a SET, and not as they stand in SignerInfo.
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(new SignedAttributes(signedAttrs))), privateKey)

  const signed = new SignedData({
    version: CMSVersion.v1,
    digestAlgorithms: new DigestAlgorithmIdentifiers([digestAlgorithm]),
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: id_data,
      eContent: new EncapsulatedContent({ single: new OctetString(content) }),
    }),
    certificates: new CertificateSet(chain.map((certificate) => new CertificateChoices({ certificate }))),
    signerInfos: new SignerInfos([
      new SignerInfo({
        version: CMSVersion.v1,
        sid: new SignerIdentifier({ issuerAndSerialNumber: nameOf(own) }),
        digestAlgorithm,
        signedAttrs,
        signatureAlgorithm,
        signature: new OctetString(signature),
      }),
    ]),
  })
  return Buffer.from(
    AsnConvert.serialize(new ContentInfo({ contentType: id_signedData, content: AsnConvert.serialize(signed) })),
  )
}

const attribute = (attrType: string, value: ArrayBuffer): Attribute => new Attribute({ attrType, attrValues: [value] })

const certificatesOf = (pem: string): Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((one) =>
    AsnConvert.parse(new X509Certificate(one).raw, Certificate),
  )

const nameOf = ({ tbsCertificate: { issuer, serialNumber } }: Certificate): IssuerAndSerialNumber =>
  new IssuerAndSerialNumber({ issuer, serialNumber })
