// Inside LINE's own browser: hand LIFF's ID token to the town and go on. Anywhere else the link on the page does the same.
const form = document.getElementById("liff");
if (form && window.liff) {
  window.liff
    .init({ liffId: form.dataset.liff })
    .then(() => {
      const token = window.liff.isLoggedIn() ? window.liff.getIDToken() : null;
      if (!token) return;
      form.elements.id_token.value = token;
      form.submit();
    })
    .catch(() => {});
}
