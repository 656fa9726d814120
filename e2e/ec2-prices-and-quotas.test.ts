/** Quotas and prices as the real AWS SDK reads them from the wire: JSON 1.1, pages, errors. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { newId } from '../src/core/ids.ts'
import { createEc2Provider } from '../src/providers/ec2/ec2-provider.ts'
import type { Ec2Settings } from '../src/providers/ec2/settings.ts'
import type { Placement } from '../src/providers/provider.ts'
import { type AwsAccount, prepareAccount } from './support/aws-account.ts'
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.ts'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'
import { answerProducts, answerQuotas } from './support/quotas-and-prices.ts'

const ON_DEMAND_G = 'L-DB2E81BA'
const SPOT_G = 'L-3819A6DF'
const G5_2XLARGE_VCPUS = 8

describeWithMoto('the answers of AWS', () => {
  let moto: Moto
  let proxy: FaultProxy
  let account: AwsAccount

  beforeAll(async () => {
    moto = await startMoto()
    proxy = await startFaultProxy(moto.url)
    for (const [name, value] of Object.entries({ ...moto.env, AWS_ENDPOINT_URL: proxy.url })) vi.stubEnv(name, value)
    account = await prepareAccount()
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await proxy.close()
    await moto.stop()
  })
  afterEach(() => proxy.clear())

  const { signal } = new AbortController()
  const provider = (changes: Partial<Ec2Settings> = {}) =>
    createEc2Provider({ settings: { ...account.settings, ...changes } })

  async function findAbout(code: string, changes: Partial<Ec2Settings> = {}) {
    const deadlineAt = new Date(Date.now() + 3_600_000)
    const request = { runId: newId('run'), apiBase: 'http://127.0.0.1:9', deadlineAt, needsGpu: true }
    const findings = await provider(changes).preflight(request, signal)
    return findings.filter((finding) => finding.code === code)
  }

  describe('of the quota', () => {
    it('allows a machine that just fits', async () => {
      proxy.answerJson('GetServiceQuota', answerQuotas({ [ON_DEMAND_G]: G5_2XLARGE_VCPUS }))
      expect(await findAbout('AWS_QUOTA_EXCEEDED')).toEqual([])
      expect(await findAbout('AWS_QUOTA_UNKNOWN')).toEqual([])
    })

    it('stops a run that exceeds it', async () => {
      proxy.answerJson('GetServiceQuota', answerQuotas({ [ON_DEMAND_G]: 4 }))
      expect(await findAbout('AWS_QUOTA_EXCEEDED')).toEqual([
        {
          code: 'AWS_QUOTA_EXCEEDED',
          severity: 'error',
          message: expect.stringMatching(/g5\.2xlarge on-demand .* needs 8 vCPUs, 0 are in use, and the quota is 4/),
          fix: expect.stringContaining(`--quota-code ${ON_DEMAND_G}`),
        },
      ])
    })

    it('is separate for spot, and only a warning: the run can fall back to on-demand', async () => {
      proxy.answerJson('GetServiceQuota', answerQuotas({ [ON_DEMAND_G]: 64, [SPOT_G]: 0 }))
      expect(await findAbout('AWS_QUOTA_EXCEEDED', { spot: true })).toEqual([
        expect.objectContaining({
          severity: 'warning',
          message: expect.stringMatching(/g5\.2xlarge spot .* quota is 0/),
        }),
      ])
    })

    it.each([
      ['the role may not read it', 400, 'AccessDeniedException'],
      ['AWS has no quota with that code', 400, 'NoSuchResourceException'],
      ['the service is down', 503, 'ServiceException'],
    ])('is unknown, and stops no run, when %s', async (_, status, code) => {
      proxy.add({ action: 'GetServiceQuota', does: { answerWith: { status, code, message: 'because' } } })
      expect(await findAbout('AWS_QUOTA_UNKNOWN')).toEqual([
        {
          code: 'AWS_QUOTA_UNKNOWN',
          severity: 'warning',
          message: expect.stringContaining(`${code}: because`),
          fix: expect.stringContaining('servicequotas:GetServiceQuota'),
        },
      ])
    })
  })

  describe('of the price', () => {
    const placement = (changes: Partial<Placement> = {}): Placement => {
      const [zone = ''] = account.zones
      return { region: MOTO_REGION, zone, instanceType: 'g5.2xlarge', market: 'on-demand', ...changes }
    }
    const today = () => new Date().toISOString().slice(0, 10)
    const g5 = { instanceType: 'g5.2xlarge', regionCode: MOTO_REGION }

    it('is found on any page of the answer', async () => {
      const products = [
        { ...g5, usd: '9.9900000000', attributes: { operatingSystem: 'Windows' } },
        { ...g5, usd: '8.8800000000', attributes: { capacitystatus: 'UnusedCapacityReservation' } },
        { ...g5, usd: '0.0000000000' },
        { ...g5, usd: '1.3130000000' },
        { ...g5, usd: '7.7700000000', regionCode: 'us-east-1' },
      ]
      proxy.answerJson('GetProducts', answerProducts(products))
      expect(await provider().quote(placement(), signal)).toEqual({
        pricePerHourUsd: 1.313,
        source: `AWS Price List, ${today()}`,
      })
      expect(proxy.actions.filter((action) => action === 'GetProducts')).toHaveLength(2)
    })

    it('is compared with the cost limit of the run', async () => {
      proxy.answerJson('GetProducts', answerProducts([{ ...g5, usd: '1.3130000000' }]))
      expect(await findAbout('COST_LIMIT', { maxCostUsd: 1.5 })).toEqual([])
      expect(await findAbout('COST_LIMIT', { maxCostUsd: 1.3 })).toEqual([
        expect.objectContaining({ severity: 'error', message: expect.stringMatching(/1\.31 USD .*AWS Price List/) }),
      ])
    })

    it.each([
      ['may not be read', 400, 'AccessDeniedException'],
      ['fails', 500, 'InternalErrorException'],
    ])('comes from the dated table when the price list %s', async (_, status, code) => {
      proxy.add({ action: 'GetProducts', does: { answerWith: { status, code, message: 'because' } } })
      expect(await provider().quote(placement(), signal)).toEqual({
        pricePerHourUsd: 1.212,
        source: 'on-demand price of 2024, shipped with Radix',
      })
    })

    it('is the newest of the price history, for spot', async () => {
      const item = (time: string, price: string) =>
        `<item><instanceType>g5.2xlarge</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>${price}</spotPrice><timestamp>${time}</timestamp><availabilityZone>${account.zones[0]}</availabilityZone></item>`
      proxy.answer('DescribeSpotPriceHistory', async (form) => {
        expect(form.get('InstanceType.1')).toBe('g5.2xlarge')
        expect(form.get('AvailabilityZone')).toBe(account.zones[0])
        const items = item('2026-11-23T01:00:00.000Z', '0.500000') + item('2026-11-24T02:00:00.000Z', '0.484800')
        return `<DescribeSpotPriceHistoryResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><spotPriceHistorySet>${items}</spotPriceHistorySet><nextToken/></DescribeSpotPriceHistoryResponse>`
      })
      expect(await provider().quote(placement({ market: 'spot' }), signal)).toEqual({
        pricePerHourUsd: 0.4848,
        source: 'spot price, 2026-11-24T02:00:00.000Z',
      })
    })
  })
})
