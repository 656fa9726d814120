/**
 * What moto lacks of Service Quotas and the Price List: answers in the shape of the real ones, for the proxy to give. The
 * account has the quotas, and AWS the prices, that a test says.
 */
import { z } from 'zod'

export type JsonResponder = (body: unknown) => { status?: number; body: unknown }

const REGION_NAME = 'us-west-2'
const GetServiceQuotaBody = z.object({ ServiceCode: z.string(), QuotaCode: z.string() })

/** `GetServiceQuota`: vCPUs by the code of the quota. */
export function answerQuotas(vcpus: Readonly<Record<string, number>>, otherwise?: number): JsonResponder {
  return (body) => {
    const { ServiceCode, QuotaCode } = GetServiceQuotaBody.parse(body)
    const Value = vcpus[QuotaCode] ?? otherwise
    if (Value === undefined) {
      return { status: 400, body: { __type: 'NoSuchResourceException', Message: `There is no quota ${QuotaCode}.` } }
    }
    const Quota = {
      ServiceCode,
      ServiceName: 'Amazon Elastic Compute Cloud (Amazon EC2)',
      QuotaArn: `arn:aws:servicequotas:${REGION_NAME}:123456789012:${ServiceCode}/${QuotaCode}`,
      QuotaCode,
      QuotaName: `Running instances of ${QuotaCode}`,
      Value,
      Unit: 'None',
      Adjustable: true,
      GlobalQuota: false,
      QuotaAppliedAtLevel: 'ACCOUNT',
    }
    return { body: { Quota } }
  }
}

export interface Product {
  instanceType: string
  regionCode: string
  usd: string
  /** Other attributes than those of a shared Linux machine that is used. */
  attributes?: Readonly<Record<string, string>>
}

const GetProductsBody = z.object({
  ServiceCode: z.literal('AmazonEC2'),
  Filters: z.array(z.object({ Type: z.literal('TERM_MATCH'), Field: z.string(), Value: z.string() })),
  NextToken: z.string().optional(),
})

/** `GetProducts`: those that the filters leave, one on each page, each as the text of a JSON document. */
export function answerProducts(products: readonly Product[]): JsonResponder {
  return (body) => {
    const { Filters, NextToken } = GetProductsBody.parse(body)
    const left = products.filter((product) => {
      const attributes = attributesOf(product)
      return Filters.every(({ Field, Value }) => attributes[Field] === Value)
    })
    const page = Number(NextToken ?? 0)
    const PriceList = left.slice(page, page + 1).map((product, index) => renderProduct(product, page + index))
    const next = page + 1 < left.length ? { NextToken: String(page + 1) } : {}
    return { body: { FormatVersion: 'aws_v1', PriceList, ...next } }
  }
}

function attributesOf({ instanceType, regionCode, attributes }: Product): Record<string, string> {
  return {
    servicecode: 'AmazonEC2',
    servicename: 'Amazon Elastic Compute Cloud',
    location: 'US West (Oregon)',
    operation: 'RunInstances',
    operatingSystem: 'Linux',
    tenancy: 'Shared',
    preInstalledSw: 'NA',
    capacitystatus: 'Used',
    marketoption: 'OnDemand',
    licenseModel: 'No License required',
    instanceType,
    regionCode,
    ...attributes,
  }
}

function renderProduct(product: Product, index: number): string {
  const sku = `SKU${index}`
  const term = `${sku}.JRTCKXETXF`
  const dimension = {
    unit: 'Hrs',
    endRange: 'Inf',
    beginRange: '0',
    description: `$${product.usd} per On Demand Linux ${product.instanceType} Instance Hour`,
    appliesTo: [],
    rateCode: `${term}.6YS6EN2CT7`,
    pricePerUnit: { USD: product.usd },
  }
  return JSON.stringify({
    product: { productFamily: 'Compute Instance', attributes: attributesOf(product), sku },
    serviceCode: 'AmazonEC2',
    terms: {
      OnDemand: {
        [term]: {
          priceDimensions: { [dimension.rateCode]: dimension },
          sku,
          effectiveDate: '2026-11-01T00:00:00Z',
          offerTermCode: 'JRTCKXETXF',
          termAttributes: {},
        },
      },
    },
    version: '20261120000000',
    publicationDate: '2026-11-20T00:00:00Z',
  })
}
