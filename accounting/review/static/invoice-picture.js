// The image of an invoice: it fits its place, and can be turned, zoomed and moved.
"use strict";

review.picture = (() => {
  const QUARTERS = 4;
  let shown = null;

  class Viewer {
    constructor(stage) {
      this.stage = stage;
      this.sheet = stage.querySelector("[data-sheet]");
      this.turned = stage.querySelector("[data-turn]");
      this.image = stage.querySelector("[data-picture]");
      this.outlines = stage.querySelector(".outlines");
      this.quarters = 0;
      this.zoom = Panzoom(this.sheet, { maxScale: 12, minScale: 0.5, step: 0.4, cursor: "grab" });
      stage.addEventListener("wheel", (event) => this.zoom.zoomWithWheel(event), { passive: false });
      this.resized = new ResizeObserver(() => this.fit());
      this.resized.observe(stage);
      if (this.image.complete) this.loaded();
      this.image.addEventListener("load", () => this.loaded());
      this.image.addEventListener("error", () => this.missing());
    }

    loaded() {
      if (!this.image.naturalWidth) {
        this.missing();
        return;
      }
      if (this.outlines) {
        const scale = Number(this.outlines.dataset.scale);
        const sides = [this.image.naturalWidth / scale, this.image.naturalHeight / scale];
        this.outlines.setAttribute("viewBox", `0 0 ${sides[0]} ${sides[1]}`);
        this.outlines.toggleAttribute("hidden", false);
      }
      this.fit();
      this.stage.dataset.loaded = "";
    }

    missing() {
      this.stage.hidden = true;
      this.stage.parentElement.querySelector("[data-no-picture]").hidden = false;
    }

    fit() {
      const { naturalWidth: width, naturalHeight: height } = this.image;
      if (!width || !this.stage.clientWidth) return;
      const across = this.quarters % 2 ? [height, width] : [width, height];
      const scale = Math.min(
        this.stage.clientWidth / across[0],
        this.stage.clientHeight / across[1],
      );
      const style = this.turned.style;
      style.width = `${width * scale}px`;
      style.height = `${height * scale}px`;
      style.left = `${(this.stage.clientWidth - width * scale) / 2}px`;
      style.top = `${(this.stage.clientHeight - height * scale) / 2}px`;
      style.transform = `rotate(${90 * this.quarters}deg)`;
      this.turned.dataset.turn = String(this.quarters);
    }

    use(tool) {
      if (tool === "in") this.zoom.zoomIn({ animate: false });
      if (tool === "out") this.zoom.zoomOut({ animate: false });
      if (tool === "turn") this.quarters = (this.quarters + 1) % QUARTERS;
      if (tool === "fit" || tool === "turn") {
        this.zoom.reset({ animate: false });
        this.fit();
      }
    }

    close() {
      this.resized.disconnect();
      this.zoom.destroy();
    }
  }

  // Shows the image of the present invoice. An answer that replaces the form leaves it as it is,
  // unless the file has a new content, and so another URL.
  function show(url) {
    const stage = document.querySelector("[data-stage]");
    const image = stage?.querySelector("[data-picture]");
    if (url && image && image.getAttribute("src") !== url) image.src = url;
    if (shown?.stage === stage) return;
    shown?.close();
    shown = stage && new Viewer(stage);
  }

  const use = (tool) => shown?.use(tool);

  return { show, use };
})();
