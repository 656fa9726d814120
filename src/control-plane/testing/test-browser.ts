/** Navigates like a browser: follows redirects, and stores the cookies of each origin. */

export interface TestBrowser {
  /** Its last address, without a fragment. */
  url: string
  /** Opens the address and follows all redirects. */
  go(url: string, form?: Record<string, string>): Promise<Response>
  cookies(url: string): string[]
}

/** `aliases`: the real addresses of origins. */
export function openTestBrowser(aliases: Record<string, string> = {}): TestBrowser {
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (url: string) => {
    const { origin } = new URL(url)
    const jar = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, jar)
    return jar
  }
  const browser: TestBrowser = {
    url: '',
    cookies: (url) => [...jarOf(url)].map(([name, value]) => `${name}=${value}`),
    async go(url, form) {
      const { origin } = new URL(url)
      const response = await fetch(url.replace(origin, aliases[origin] ?? origin), {
        redirect: 'manual',
        headers: { accept: 'text/html', cookie: browser.cookies(url).join('; ') },
        ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
      })
      for (const cookie of response.headers.getSetCookie()) keep(jarOf(url), cookie)
      browser.url = url
      const location = response.headers.get('location')
      if (location === null) return response
      await response.body?.cancel()
      return browser.go(new URL(location, url).href)
    },
  }
  return browser
}

function keep(jar: Map<string, string>, cookie: string): void {
  const [pair = ''] = cookie.split(';')
  const [name = '', value = ''] = pair.split('=', 2)
  if (value === '' || /Max-Age=0|expires=Thu, 01 Jan 1970/i.test(cookie)) jar.delete(name)
  else jar.set(name, value)
}
