'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const fleet = $('fleet');
  const vm = $('vm');
  const link = $('link');
  let lastTickAt;
  let open = false;
  const busy = new Set();

  /** Makes `old` look like `fresh`, leaving alone what is the same: focus, selection and tooltips stay. */
  function patch(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    const keyed = (parent) => [...parent.children].every((child) => child.dataset.key !== undefined);
    if (old.tagName !== fresh.tagName || fresh.children.length === 0 || !keyed(old) || !keyed(fresh)) {
      old.replaceWith(fresh);
      return;
    }
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of [...fresh.attributes]) old.setAttribute(name, value);
    patchChildren(old, fresh);
  }

  function patchChildren(old, fresh) {
    const known = new Map([...old.children].map((child) => [child.dataset.key, child]));
    let place = old.firstElementChild;
    for (const child of [...fresh.children]) {
      const same = known.get(child.dataset.key);
      known.delete(child.dataset.key);
      if (same === undefined) old.insertBefore(child, place);
      else {
        if (same === place) place = place.nextElementSibling;
        else old.insertBefore(same, place);
        patch(same, child);
      }
    }
    for (const gone of known.values()) gone.remove();
  }

  function render(target, html) {
    const parsed = document.createElement('template');
    parsed.innerHTML = html;
    for (const time of parsed.content.querySelectorAll('[data-clock]')) {
      time.textContent = new Date(Number(time.dataset.clock)).toLocaleTimeString([], { hour12: false });
    }
    if ([...target.children].every((child) => child.dataset.key !== undefined)) patchChildren(target, parsed.content);
    else target.replaceChildren(parsed.content);
  }

  /** At most one request for each part at a time: a slow server is not asked faster than it answers. */
  async function renew(target, address) {
    if (busy.has(target)) return;
    busy.add(target);
    try {
      const response = await fetch(address, { signal: AbortSignal.timeout(5000) });
      if (response.ok) render(target, await response.text());
      else if (response.status === 404)
        render(target, '<p class="empty" data-key="gone">This VM is not known any more.</p>');
    } catch {
      // the stream says that the connection is gone; the next tick tries again
    } finally {
      busy.delete(target);
    }
  }

  function shownVm() {
    const match = /^#\/vm\/(.+)$/.exec(location.hash);
    return match === null ? undefined : match[1];
  }

  function chartWidth() {
    const wide = vm.clientWidth;
    const columns = wide >= 720 ? 2 : 1;
    return Math.floor((wide - (columns - 1) * 12) / columns - 26);
  }

  function renewAll() {
    const id = shownVm();
    void renew(fleet, id === undefined ? '/fragments/fleet' : `/fragments/fleet?shown=${id}`);
    if (id !== undefined) void renew(vm, `/fragments/vms/${id}?width=${chartWidth()}`);
  }

  function route() {
    const id = shownVm();
    document.body.dataset.view = id === undefined ? 'fleet' : 'vm';
    vm.hidden = id === undefined;
    vm.replaceChildren();
    busy.clear();
    renewAll();
    if (id !== undefined) vm.focus({ preventScroll: false });
  }

  function sayLink() {
    const age = lastTickAt === undefined ? undefined : Math.round((Date.now() - lastTickAt) / 1000);
    const isLate = !open || age === undefined || age > 3;
    link.className = isLate ? 'late' : 'live';
    const text = age === undefined ? 'connecting' : isLate ? `last update ${age} s ago` : 'live';
    if (link.textContent !== text) link.textContent = text;
  }

  const events = new EventSource('/events');
  events.addEventListener('open', () => {
    open = true;
  });
  events.addEventListener('error', () => {
    open = false;
    sayLink();
  });
  events.addEventListener('tick', (event) => {
    lastTickAt = Date.now();
    render($('counts'), JSON.parse(event.data).countsHtml);
    sayLink();
    if (!document.hidden) renewAll();
  });
  addEventListener('hashchange', route);
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && shownVm() !== undefined) location.hash = '#/';
  });
  fleet.addEventListener('click', (event) => {
    const row = event.target.closest('tr[data-vm]');
    if (row !== null && event.target.closest('a') === null && String(getSelection()) === '') {
      location.hash = row.querySelector('a').getAttribute('href');
    }
  });
  setInterval(sayLink, 1000);
  route();
})();
