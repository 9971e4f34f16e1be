# Two stages: the first installs from the hashed locks, the second has no pip, no compiler and no root.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/ivr
COPY requirements requirements
RUN /opt/ivr/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/run.lock \
 && /opt/ivr/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/bare.lock
COPY requirements/build.lock requirements/build.lock
COPY pyproject.toml README.md LICENSE THIRD_PARTY.md ./
COPY ivr ivr
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/build.lock \
 && /opt/build/bin/python -m hatchling build -t wheel -d /wheel \
 && /opt/ivr/bin/pip install --no-cache-dir --no-deps /wheel/*.whl \
 && /opt/ivr/bin/pip uninstall --yes pip

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data ivr && mkdir /data && chown ivr /data
COPY --from=build /opt/ivr /opt/ivr
COPY flows /app/flows
WORKDIR /app
ENV PATH=/opt/ivr/bin:$PATH IVR_DATA_DIR=/data IVR_HOST=0.0.0.0 PORT=8080 PYTHONUNBUFFERED=1
USER ivr
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["ivr"]
CMD ["serve"]
