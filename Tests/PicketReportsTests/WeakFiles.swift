/// Certificates and a list that nobody should rely on.
enum WeakFiles {
    /// Keys of 1,024 bits, in certificates of our own making (`openssl req -x509 -newkey rsa:1024`).
    static let weak = """
        -----BEGIN CERTIFICATE-----
        MIIB9zCCAWCgAwIBAgIUUfGQ4VkyipCNuTm+8YfRqrd5TecwDQYJKoZIhvcNAQEL
        BQAwDzENMAsGA1UEAwwEd2VhazAeFw0yNjExMjQyMTUxMzBaFw0zNjExMjEyMTUx
        MzBaMA8xDTALBgNVBAMMBHdlYWswgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGB
        AMqpBsIpLiZc9UqcedbsKxfgDwiVLGhrXE7encryVgDr/Ps2aHwHW6y3yumg4PGF
        2qvQHkfT4ZEWcC0vWOnXZ1IdSmzjwDGFSQEJxevw2+aTLEro0GBfa9ZPCRGmSWSy
        j6HWWybnAMhg4oyIUfKy/cKT+GThVxx2bbSf1yIPf3ybAgMBAAGjUDBOMB0GA1Ud
        DgQWBBR9JCW8sddH226plfm95sF4IpfU9DAfBgNVHSMEGDAWgBR9JCW8sddH226p
        lfm95sF4IpfU9DAMBgNVHRMBAf8EAjAAMA0GCSqGSIb3DQEBCwUAA4GBAJBCgDnL
        gtySltE4E0xCAeN50888EkyJt68J83SUadnI6xz0BIovFYvd9FgSPhu+eRlX8nez
        i9L3Pz1PINYS3ToZ66XKu2Y1qAXoF9nJYofMe/lk6+lUF08liMt2cA/jYUlOMxmE
        AoYCfP2NmRmI8JNMYmePONpyI6FkwTPFaDXN
        -----END CERTIFICATE-----
        """
    /// A list that `openssl ca -gencrl -md sha1` made, good until 2036, of an authority "old".
    static let weakList = """
        -----BEGIN X509 CRL-----
        MIIBZjBQAgEBMA0GCSqGSIb3DQEBBQUAMA4xDDAKBgNVBAMMA29sZBcNMjYxMTI4
        MTM0MzM3WhcNMzYxMDA2MTM0MzM3WqAOMAwwCgYDVR0UBAMCAQEwDQYJKoZIhvcN
        AQEFBQADggEBAGgXRWaug57u90OAzTWW59cFeZKexch93Rt9XEi4XBxoqMxbot1C
        kS86Mz0tc9S203mRH8jXpbT8am3sLKQaotFlqPh2rQN973mmUeO3pTtFgFboomN4
        eC7QY1cFWXbsd8Uy2m7Xn48RsH/FHSvvBBdG5gGRiUIYiKR+1hVXyXimLeIYxrm/
        9NusBhfSUSbcwmzS8D+ox5QW4xBZD87TY+9p+aBRkPy3TrOF8qpPxr58naaSnR4W
        evR0oWKFhK58jvdQ+Twd7bcUNwBDmQvHORMnTbd4gifAf0XTzG+ULVkXzTpvFyyD
        R3lfkDQuGvM2wzOPO8lfw0RWU4bGDCVq6P8=
        -----END X509 CRL-----
        """
    static let weakAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIB+jCCAWOgAwIBAgIUE5v+V2TLgMLhwVL/6MWGJSAG61QwDQYJKoZIhvcNAQEF
        BQAwDzENMAsGA1UEAwwEd2VhazAeFw0yNjExMjQyMTQ0MDVaFw0yNjEyMDQyMTQ0
        MDVaMA8xDTALBgNVBAMMBHdlYWswgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGB
        ALqtRWAF/lX8+9/G/wT9Kg5cgS8oCLFw2QAFrokPzhMjqZvU5Gk9pB7T7CDXsWVL
        rcjLF4+OdWqwudktDgCLHlNEJQR9WTyoNRpe2wkcaeCVG7iHq62Um54gQKvHhvCg
        3Szsah6NYjjINwlwUWohQHgRfySt6O/WQTecVfXmbkdVAgMBAAGjUzBRMB0GA1Ud
        DgQWBBQBsjNlg6/STNIKM2yhWWWFvJLbcTAfBgNVHSMEGDAWgBQBsjNlg6/STNIK
        M2yhWWWFvJLbcTAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBBQUAA4GBAHcT
        2sqDJWXdwL+ReFQiiap85WAEfPfj3J1vMrE9k/D6pod1oYcLamCSOxsGjWI0h5Cb
        +ihXQKDeB+jjRTOj7ws+CXekhMt84R0IUCzKU756rpdNMV0eBOLU4CmfZIVe+XyT
        /Ei8GJBm+n9zvl585dPErdNIPOtIVORQYuqzfRk0
        -----END CERTIFICATE-----
        """
    /// An authority that signs its list with RSA-PSS, as `openssl ca -gencrl -sigopt rsa_padding_mode:pss` does.
    static let pssAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIC/TCCAeWgAwIBAgIUdXypPuxYjGqSMZQ92wdc2Go0GDQwDQYJKoZIhvcNAQEL
        BQAwDjEMMAoGA1UEAwwDcHNzMB4XDTI2MTEyODE3MjcyMloXDTM2MTEyNTE3Mjcy
        MlowDjEMMAoGA1UEAwwDcHNzMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKC
        AQEA4UUg1953qSjDaanrx+mpDciKspOq0J/FqIZRdPZvTrISdpYfo996ARSiawBU
        nu6YfUimzy5/h1WCEOCeCp10/OAL4IM+IPRhuy6U7wd4g57qaOfYPy+tVx4L2d0D
        0+51xFDALgE3h4pnH66ZJTXL2FwJvNmgu51FqdBvi6ZRsCboD6KM0AEyTLQJ28kr
        S/aaRQB7bd1vP2IH/NuSzqbeV7eVFl4DRVyvFOtADrTF92Xs8OBYJAnGvMhR7udT
        ANhncAoDN7UgQEwjz99o00S+CC1Cp7wy/KxTQKaRaUNvPmP9CqN28o/qgdF6OXt2
        +X/+OWtms72RVN1CGR5SkagX3wIDAQABo1MwUTAdBgNVHQ4EFgQUqGPQJeypYyxT
        P4VOYEyWbsepp/8wHwYDVR0jBBgwFoAUqGPQJeypYyxTP4VOYEyWbsepp/8wDwYD
        VR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAfYDoLY5P9RDW+uctlyOl
        2LXyPKByRZ/cgEDLSjrmv+LZ9ALb624RUWI/MwLh1r6HlCtTk8KV4ZwL68WSbNa+
        CcyQPDBL94DHjKKQUoxXA53gqUQ/armQdgYIlOOWV8kQmGZOIiQ9YYiKfD6EZiCc
        2TE+9EHDk+kRxLMqakcHEWovyK2BJl48C0uRGcq+6t3XjJiAQHzoVQTqtjeZHMcG
        xbTFdOyQx/nr8FMtnl35m2UgaQEQdbUHOa4Toc9SWf5a18NVL1A897s/GEEnSGx0
        qV9EEvdg8uDVJC9NIBAGudRPZUP9Wua5/11y0ZT8bfYTttYOhM9Uv4p0gBo+IE5a
        Zg==
        -----END CERTIFICATE-----
        """
    /// Its list, good until 2036.
    static let pssList = """
        -----BEGIN X509 CRL-----
        MIIBzzCBhAIBATBBBgkqhkiG9w0BAQowNKAPMA0GCWCGSAFlAwQCAQUAoRwwGgYJ
        KoZIhvcNAQEIMA0GCWCGSAFlAwQCAQUAogMCASAwDjEMMAoGA1UEAwwDcHNzFw0y
        NjExMjgxNzI3MjJaFw0zNjEwMDYxNzI3MjJaoA4wDDAKBgNVHRQEAwIBATBBBgkq
        hkiG9w0BAQowNKAPMA0GCWCGSAFlAwQCAQUAoRwwGgYJKoZIhvcNAQEIMA0GCWCG
        SAFlAwQCAQUAogMCASADggEBAAynTsRJFuFPlLsNQG5gaRix0fr4ygBDn+ipsqsy
        wqB7S2FpdWK7sq2RvC45Vv0JfF7ktMzX1FPC+IzoFWuDIgSjZzfSjHsTdZXpQCHj
        adjsN6pkJDpvLEwbIlbgE0MrPwc1GEFKF2EUtuE4+099MibFerDTHNe99+giu+Xy
        2DjBktBCKrIwq093NXsnoc9I86pICKekKXIFFOY0FBAjAKoWVq/mvl7tebvSJP2L
        fG9360JZaNzBjvbvi0z9jM56bVjFowvGM17qc1P6HQUjvF1/nRTMdlrrDkAhOQ+p
        GG+Agy43sbZP+14JEiRmdyrClyxI7F/ux1MDjwZob6J/ouA=
        -----END X509 CRL-----
        """
    /// An authority under another one, and that one.
    static let revokedAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIBXjCCAQWgAwIBAgIBWzAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARyb290MB4X
        DTI2MTEyODE3MjcyMloXDTM2MTExNTE3MjcyMlowDjEMMAoGA1UEAwwDc3ViMFkw
        EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE6FuPb8AAVj+V/dmdWPu8wI+vNYpvH7u0
        C7HsoqJ9zDI+WsWoZW1Xv5+falEt7KMjyis4Uiz7wT5Sdt5wbn18nKNTMFEwDwYD
        VR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUO8Gw7jxPj8iZQ2cFjZiqqogHCLkwHwYD
        VR0jBBgwFoAUmekME+rfdI1LjMeT6CyWQYdiumcwCgYIKoZIzj0EAwIDRwAwRAIg
        EAc11pQjTjGpeqWoQcQ9dHr/xPMFvGsabP/DID8rAcUCIBN8FqZE3DCaKOYZ4kiL
        b02dnD+FJjdGBtXsKsaklZ5q
        -----END CERTIFICATE-----
        -----BEGIN CERTIFICATE-----
        MIIBYDCCAQagAwIBAgIBATAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARyb290MB4X
        DTI2MTEyODE3MjcyMloXDTM2MTEyNTE3MjcyMlowDzENMAsGA1UEAwwEcm9vdDBZ
        MBMGByqGSM49AgEGCCqGSM49AwEHA0IABAQB6UruwX/eEmqgyLv1iVaH51wOBZO1
        FdjyC+rFV8b37Ynffk4T8vonVHJ5XuN7erjFzN6ntRGkb01sPQrMpZSjUzBRMB0G
        A1UdDgQWBBSZ6QwT6t90jUuMx5PoLJZBh2K6ZzAfBgNVHSMEGDAWgBSZ6QwT6t90
        jUuMx5PoLJZBh2K6ZzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUC
        IQDc5odwYH5CuhhQWuiXVnYl53Ui7JQbyvAxDKKEwojEqgIgKoZPs5OMV+CjemCk
        l5Jny4lSxJXOrp+lqLiVEDb0g/c=
        -----END CERTIFICATE-----
        """
    /// The list of the other one, which names the first.
    static let rootList = """
        -----BEGIN X509 CRL-----
        MIG8MGQCAQEwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdBcNMjYxMTI4MTcy
        NzIyWhcNMzYxMDA2MTcyNzIyWjAUMBICAVsXDTI2MTEyODAwMDAwMFqgDjAMMAoG
        A1UdFAQDAgECMAoGCCqGSM49BAMCA0gAMEUCIQCVWpnjuTZfwVc8GJuTXs/HldqB
        WmHtbeF50bm5zkb2aAIgV1RNqKc8nXyHkrl5IrUJc41JQw92SvFP13zsdejMcFM=
        -----END X509 CRL-----
        """
    /// An authority with a key of Ed25519 (`openssl genpkey -algorithm ed25519`), good until 2036.
    static let ed25519Authority = """
        -----BEGIN CERTIFICATE-----
        MIIBNjCB6aADAgECAhRgjk5CyPh8Wo+d/cV/tC5Xeu2w6jAFBgMrZXAwETEPMA0G
        A1UEAwwGbW9kZXJuMB4XDTI2MTEyODIxMTAyNloXDTM2MTEyNTIxMTAyNlowETEP
        MA0GA1UEAwwGbW9kZXJuMCowBQYDK2VwAyEAH3cNeDTMRk9vO7iXFmViGAlr71Ho
        wm9Tbk5vlfQf6aKjUzBRMB0GA1UdDgQWBBTrPNQM455B+JcubFQV/dZPHIVGWDAf
        BgNVHSMEGDAWgBTrPNQM455B+JcubFQV/dZPHIVGWDAPBgNVHRMBAf8EBTADAQH/
        MAUGAytlcANBAJo+RQNIyyDvywBP0mSby1O9EyGrAgMaUTCP0bV4mVQAr9SrW7vH
        h3WtoD5cN6hZkUoYtW+4i+SnjNe1JTySqQ8=
        -----END CERTIFICATE-----
        """
    /// Its list, and one of the same name that another key signed; both good until 2036.
    static let ed25519List = """
        -----BEGIN X509 CRL-----
        MIGXMEsCAQEwBQYDK2VwMBExDzANBgNVBAMMBm1vZGVybhcNMjYxMTI4MjExMDI2
        WhcNMzYxMDA2MjExMDI2WqAOMAwwCgYDVR0UBAMCAQEwBQYDK2VwA0EAEZaIrQli
        CeDdasYJemFtVGBj9TNA/KyExeBoaq3cXlqT+fsuPIhHUut/Cg4/+to0CjhtsrCi
        3dmcq/Zuz/yWDQ==
        -----END X509 CRL-----
        """
    static let ed25519Forged = """
        -----BEGIN X509 CRL-----
        MIGXMEsCAQEwBQYDK2VwMBExDzANBgNVBAMMBm1vZGVybhcNMjYxMTI4MjExMDI2
        WhcNMzYxMDA2MjExMDI2WqAOMAwwCgYDVR0UBAMCAQIwBQYDK2VwA0EAYcAW7hk2
        pD38+lXfmMJApNPpuVuF5HBAeAW4v/dDZ/0koicWfgf5uUPkyi9Lt/9kfIV3ACof
        IlbpiuPvX+/nBw==
        -----END X509 CRL-----
        """
    static let ed25519 = ["modern.pem": ed25519Authority, "modern.crl": ed25519List]
    static let forged = ["modern.pem": ed25519Authority, "modern.crl": ed25519Forged]
    static let pss = ["pss.pem": pssAuthority, "pss.crl": pssList]
    static let revoked = ["chain.pem": revokedAuthority, "root.crl": rootList]
}
